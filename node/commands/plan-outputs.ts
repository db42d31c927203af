import type { Stats } from 'node:fs';
import { realpath, stat } from 'node:fs/promises';
import { basename, dirname, extname, join, resolve, sep } from 'node:path';
import { containerOf } from '../../src/container/carry.ts';
import { UsageError } from './shell.ts';

/** A source and the file its encode is to become, both absolute. */
export interface PlannedOutput {
  readonly input: string;
  readonly output: string;
}

/**
 * Decides where each input's output goes: `-o FILE`, `-o FOLDER`, the second of two paths when it does not exist (as
 * the seed took it), else `NAME.av1.mkv` beside the input. Throws a UsageError when the paths contradict each other,
 * a sentence when the world does not allow them.
 */
export async function planOutputs(
  paths: readonly string[],
  output: string | null,
  overwrite: boolean,
): Promise<PlannedOutput[]> {
  const named = await withSecondAsOutput(paths, output);
  const inputs = named.inputs.map((path) => resolve(path));
  for (const input of inputs) await refuseUnlessFile(input);
  const planned = await Promise.all(
    inputs.map(async (input) => ({ input, output: await outputFor(input, inputs.length, named.output) })),
  );
  refuseDoubles(planned);
  for (const { output } of planned) await refuseUnlessFree(output, inputs, overwrite);
  return planned;
}

async function withSecondAsOutput(
  paths: readonly string[],
  output: string | null,
): Promise<{ inputs: readonly string[]; output: string | null }> {
  const [first, second] = paths;
  if (output !== null || paths.length !== 2 || first === undefined || second === undefined) {
    return { inputs: paths, output };
  }
  return (await facts(resolve(second))) === null
    ? { inputs: [first], output: second }
    : { inputs: paths, output };
}

async function outputFor(input: string, inputCount: number, output: string | null): Promise<string> {
  const name = `${basename(input, extname(input))}.av1.mkv`;
  if (output === null) return join(dirname(input), name);
  const path = resolve(output);
  if ((await facts(path))?.isDirectory()) return join(path, name);
  if (output.endsWith('/') || output.endsWith(sep)) {
    throw new Error(`The output folder ${path} does not exist. Make it, or name another one with -o.`);
  }
  if (inputCount > 1) {
    throw new UsageError(
      `-o ${output} names one file for ${inputCount} inputs. Name a folder that exists, or submit them one by one.`,
    );
  }
  try {
    containerOf(path);
  } catch (error) {
    throw new UsageError(error instanceof Error ? error.message : String(error));
  }
  return path;
}

function refuseDoubles(planned: readonly PlannedOutput[]): void {
  const inputByOutput = new Map<string, string>();
  for (const { input, output } of planned) {
    const other = inputByOutput.get(output);
    if (other !== undefined) {
      throw new UsageError(
        `${other} and ${input} would both become ${output}. Submit them one by one with -o.`,
      );
    }
    inputByOutput.set(output, input);
  }
}

async function refuseUnlessFile(input: string): Promise<void> {
  const found = await facts(input);
  if (found === null) throw new Error(`The input ${input} does not exist.`);
  if (found.isDirectory()) {
    throw new Error(
      `The input ${input} is a folder. Name the video files in it, one by one or as ${input}${sep}*.mkv.`,
    );
  }
  if (!found.isFile())
    throw new Error(`The input ${input} is no regular file, so it cannot be read again and again.`);
}

/** An output is never an input, whatever it is called, and never replaces a file unless that was asked for. */
async function refuseUnlessFree(
  output: string,
  inputs: readonly string[],
  overwrite: boolean,
): Promise<void> {
  const found = await facts(output);
  if (found === null) return;
  for (const input of inputs) {
    if (await isSameFile(output, found, input)) {
      throw new Error(`The output ${output} is the input ${input} itself. Name another output with -o.`);
    }
  }
  if (found.isDirectory()) throw new Error(`The output ${output} is a folder. Name a file with -o.`);
  if (!overwrite) {
    throw new Error(`The output ${output} exists. Replace it with --overwrite, or name another one with -o.`);
  }
}

async function isSameFile(output: string, found: Stats, input: string): Promise<boolean> {
  const { dev, ino } = await stat(input);
  return (dev === found.dev && ino === found.ino) || (await realpath(output)) === (await realpath(input));
}

async function facts(path: string): Promise<Stats | null> {
  try {
    return await stat(path);
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? error.code : '';
    if (code === 'ENOENT') return null;
    if (code === 'ENOTDIR') throw new Error(`${path} lies below a file, not a folder.`);
    if (code === 'EACCES') throw new Error(`This user may not look at ${path}. Change its folder's rights.`);
    throw error;
  }
}
