/**
 * What a lab makes outside of its own process (namespaces, control groups, disks) is named after the process that made
 * it, so that what a killed run left is known.
 */

const PREFIX = 'vlab';

let madeCount = 0;

/** Another name at each call; short, as names of namespaces and sockets are. */
export function newLabName(): string {
  madeCount += 1;
  return `${PREFIX}${process.pid}-${Date.now().toString(36)}${madeCount.toString(36)}`;
}

/** Whether a name was given by `newLabName` in a process that is no more. */
export function isStale(name: string): boolean {
  const maker = new RegExp(`^${PREFIX}([0-9]+)-`).exec(name)?.[1];
  return maker !== undefined && !isAlive(Number(maker));
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}
