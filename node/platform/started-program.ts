const isWindows = process.platform === 'win32';

/** What programs' file names end in. */
export const PROGRAM_ENDINGS: readonly string[] = isWindows ? ['.exe', ''] : [''];

/**
 * Whether a program that is started leads a process group: a terminal's Ctrl-C does not reach it, and all that it starts
 * ends with it. Windows has no such groups.
 */
export const LEADS_GROUP = !isWindows;

/** Ends such a program and all that it has started itself, if they are still there. */
export function endProgram(pid: number): void {
  try {
    process.kill(LEADS_GROUP ? -pid : pid, 'SIGKILL');
  } catch {
    // They are gone.
  }
}
