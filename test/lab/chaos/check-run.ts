import { readdir } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { verifyFiles } from '../../../node/engine/verify-files.ts';
import { readChunkFileName } from '../../../src/storage/chunk-name.ts';
import { filesUnder } from '../../daemon/cli-process.ts';
import { readFrameNumbers } from '../../daemon/read-video.ts';
import type { MadeSource } from '../../sources/make-source.ts';

/** What is wrong with an output: nothing, when it holds every frame once, in order, at its time (invariant 1). */
export async function checkOutput(film: MadeSource, output: string): Promise<string[]> {
  const { differences, isEqual } = await verifyFiles(film.path, output, () => undefined);
  const problems = differences.map((difference) => `the output differs: ${JSON.stringify(difference)}`);
  if (!isEqual && problems.length === 0) problems.push('the output is not equal to its source');
  const numbers = await readFrameNumbers(output);
  if (JSON.stringify(numbers) !== JSON.stringify(film.frameNumbers)) {
    problems.push(`the output shows the frames ${numbers.join(' ')}`);
  }
  const beside = await readdir(dirname(output));
  if (beside.length !== 1) problems.push(`beside the output there is: ${beside.join(', ')}`);
  return problems;
}

/** Files that a daemon which has ended leaves although nothing needs them (invariant 9). */
export async function checkLeft(directory: string, name: string): Promise<string[]> {
  const state = await filesUnder(join(directory, name));
  const scans = new Set(state.map((path) => /^state\/cache\/scans\/[^/]+\//.exec(path)?.[0]));
  const isFinished = (scan: string): boolean => state.includes(`${scan}summary.json`);
  const strays = state.filter((path) => {
    const scan = /^state\/cache\/scans\/[^/]+\//.exec(path)?.[0];
    return scan === undefined ? !isKept(path) : !isFinished(scan) || path.endsWith('.tmp');
  });
  scans.delete(undefined);
  const problems = strays.map((path) => `${name}: left behind: ${path}`);
  if (scans.size > 1) problems.push(`${name}: ${scans.size} scans of one source`);
  const temporary = await readdir(join(directory, `${name}-tmp`));
  return [...problems, ...temporary.map((path) => `${name}: left behind in the system's folder: ${path}`)];
}

/**
 * What stays in a state folder on purpose: who this machine is, whom it met, its jobs' journals and histories, what it said,
 * proven results.
 */
function isKept(path: string): boolean {
  const chunk = /^state\/cache\/chunks\/([^/]+)$/.exec(path)?.[1];
  if (chunk !== undefined) return readChunkFileName(chunk) !== null;
  return /^state\/(identity\.key|peers\.json|builds\.json|daemon\.log(\.1)?|daemon\.printed|jobs\/[^/]+\/(journal|history))$/.test(
    path,
  );
}
