import type { Style } from '../../src/report/style.ts';
import { toJson } from '../../src/report/terminal-text.ts';

/** What a command may touch of the process that runs it. Only node/cli.ts makes one. No control character of a line gets out. */
export interface Shell {
  /** A line of data, on standard output. */
  out(line: string): void;
  /** A line of progress or a message, on standard error. */
  say(line: string): void;
  /** The terminal on standard error, or null when there is none. */
  readonly terminal: NodeJS.WriteStream | null;
  /** Columns of the terminal that reads standard output; 80 when there is none. */
  readonly columns: number;
  /** For standard output and for standard error. */
  readonly outStyle: Style;
  readonly sayStyle: Style;
  /** Aborts on the first Ctrl-C or SIGTERM; its reason is the signal's name. The second ends the process at once. */
  readonly interrupted: AbortSignal;
  /** How this program is run again, for a daemon in the background: the program, then its first arguments. */
  readonly self: readonly string[];
}

/** Exit statuses of the whole program. */
export const DONE = 0;
export const FAILED = 1;
export const WRONG_USAGE = 2;
export const INTERRUPTED = 130;

/** The command line asks for something that cannot be meant: a sentence, and exit status 2. */
export class UsageError extends Error {
  override readonly name = 'UsageError';
}

/** One JSON document on standard output. */
export function outJson(shell: Shell, value: unknown): void {
  shell.out(toJson(value, 2));
}
