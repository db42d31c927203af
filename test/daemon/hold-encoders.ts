import { rename, rm, writeFile } from 'node:fs/promises';

/** What must be in a daemon's environment for its encoders to be holdable. */
export const HOLDABLE = {
  NODE_OPTIONS: `--import=${new URL('../fixtures/held-encoder.ts', import.meta.url).href}`,
};

/**
 * From now on each encoder process of the daemon with this state folder stops when it has begun more chunks than
 * `chunkCount`, as on a machine that is busy with something else. A history that is made meanwhile finds work left,
 * however long it takes.
 */
export async function holdEncoders(stateDirectory: string, chunkCount = 0): Promise<void> {
  // Beside the state folder, whose every file is looked at; whole at once, as encoders read it at any moment.
  const path = `${stateDirectory}.hold`;
  await writeFile(`${path}.new`, String(chunkCount));
  await rename(`${path}.new`, path);
}

export async function releaseEncoders(stateDirectory: string): Promise<void> {
  await rm(`${stateDirectory}.hold`, { force: true });
}

/**
 * What went wrong in a job, but for the leases of encoders that were held until a leader took them for hung: on a busy
 * machine it takes longer than its patience, half a minute, until all that a test waits for has come about.
 */
export function retriesBesideHeld({ retries }: { readonly retries: readonly string[] }): string[] {
  return retries.filter((words) => !words.includes('The encoder stopped at frame'));
}
