import type { Stats } from 'node:fs';
import { realpath, stat } from 'node:fs/promises';
import { basename, dirname, extname, join, resolve, sep } from 'node:path';
import { containerOf, refuseUnlessHeld } from '../../src/container/carry.ts';
import type { VideoCodec } from '../../src/encoder/encoder-definition.ts';
import { outputName } from '../../src/media/video-names.ts';
import { type FoundVideos, findVideos } from './find-videos.ts';
import { UsageError } from './shell.ts';

/** A source and the file its encode is to become, both absolute. */
export interface PlannedOutput {
  readonly input: string;
  readonly output: string;
  /** The user named the file itself; else it was found in a folder. */
  readonly isNamed: boolean;
  /** The output's folder is made when it is missing: its place follows from a folder that was named. */
  readonly makesFolder: boolean;
}

/** Why a file becomes no job, a sentence, and whether that is a failure. */
export interface Aside {
  readonly result: 'skipped' | 'failed';
  readonly reason: string;
}

/** A file that is not handed in. */
export interface SetAside extends Aside {
  readonly input: string;
}

export interface OutputPlan {
  readonly files: readonly PlannedOutput[];
  readonly setAside: readonly SetAside[];
  /** Several files or folders were named: each has its own end, and one does not stop the others. */
  readonly isMany: boolean;
}

interface Input {
  readonly path: string;
  /** Where it lies below the folder that was named; null for a file that was named itself. */
  readonly below: string | null;
}

/**
 * Decides where each input's output goes: `-o FILE`, `-o FOLDER`, the second of two paths when it does not exist (as
 * the seed took it), else `NAME.CODEC.mkv` beside the input. Of a folder every video is an input, and its place in the
 * folder is kept below `-o FOLDER`. Throws a UsageError when the paths contradict each other; what the world does not
 * allow throws a sentence for a single file, and sets aside one of many.
 */
export async function planOutputs(
  paths: readonly string[],
  output: string | null,
  overwrite: boolean,
  codec: VideoCodec = 'av1',
): Promise<OutputPlan> {
  if ([...paths, output].includes('')) {
    throw new UsageError(
      'A path is empty (a variable without a value?). Name the file, or the folder for -o.',
    );
  }
  const named = await withSecondAsOutput(paths, output);
  const { inputs, setAside, hasFolder } = await expand(named.inputs.map((path) => resolve(path)));
  const isMany = named.inputs.length > 1 || hasFolder;
  const place = await placeOf({ output: named.output, isMany, hasFolder, codec });
  const planned = inputs.map((input) => ({
    ...place(input),
    input: input.path,
    isNamed: input.below === null,
  }));
  const files: PlannedOutput[] = [];
  const inputOf = await identify(inputs);
  const inputByOutput = new Map<string, string>();
  for (const file of planned) {
    const other = inputByOutput.get(file.output);
    inputByOutput.set(file.output, other ?? file.input);
    const aside = other === undefined ? await whyAside(file, inputOf, overwrite) : doubled(file, other);
    if (aside === null) files.push(file);
    else if (isMany) setAside.push({ input: file.input, ...aside });
    else throw new Error(aside.reason);
  }
  return { files, setAside, isMany };
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

/** Puts the videos of each folder in its place. */
async function expand(
  paths: readonly string[],
): Promise<{ inputs: readonly Input[]; setAside: SetAside[]; hasFolder: boolean }> {
  const inputs: Input[] = [];
  const setAside: SetAside[] = [];
  let hasFolder = false;
  for (const path of paths) {
    if ((await facts(path))?.isDirectory()) {
      hasFolder = true;
      const found = await findVideos(path);
      inputs.push(...found.videos.map((below) => ({ path: join(path, below), below })));
      setAside.push(...leftOut(path, found));
    } else inputs.push({ path, below: null });
  }
  return { inputs, setAside, hasFolder };
}

/** Other files named in one line; the rest of them is counted. */
const OTHERS_NAMED = 5;

function leftOut(folder: string, { videos, others, unreadable }: FoundVideos): SetAside[] {
  const rest = others.length > OTHERS_NAMED ? ` and ${others.length - OTHERS_NAMED} more` : '';
  const skipped =
    others.length === 0
      ? []
      : [`No videos by their names: ${others.slice(0, OTHERS_NAMED).join(', ')}${rest}.`];
  // Nothing can come of it, so whoever named it meant another one.
  const failed = [...(videos.length === 0 ? ['No video to encode is in it.'] : []), ...unreadable];
  return [
    ...skipped.map((reason) => ({ input: folder, result: 'skipped' as const, reason })),
    ...failed.map((reason) => ({ input: folder, result: 'failed' as const, reason })),
  ];
}

/** What was named, and what decides the names that were not. */
interface Whereabouts {
  readonly output: string | null;
  readonly isMany: boolean;
  readonly hasFolder: boolean;
  readonly codec: VideoCodec;
}

type Place = (input: Input) => Omit<PlannedOutput, 'input' | 'isNamed'>;

async function placeOf({ output, isMany, hasFolder, codec }: Whereabouts): Promise<Place> {
  if (output === null) {
    return ({ path }) => ({ output: join(dirname(path), nameFor(path, codec)), makesFolder: false });
  }
  const path = resolve(output);
  const found = await facts(path);
  const isNew = found === null && (hasFolder || output.endsWith('/') || output.endsWith(sep));
  if (found?.isDirectory() || isNew) {
    return ({ path: input, below }) => ({
      output: join(path, dirname(below ?? '.'), nameFor(input, codec)),
      makesFolder: isNew || below !== null,
    });
  }
  if (isMany) {
    throw new UsageError(
      `-o ${output} names one file for several inputs. Name a folder, as ${output}${sep}, or submit them one by one.`,
    );
  }
  try {
    refuseUnlessHeld(containerOf(path), codec);
  } catch (error) {
    throw new UsageError(error instanceof Error ? error.message : String(error));
  }
  return () => ({ output: path, makesFolder: false });
}

function nameFor(input: string, codec: VideoCodec): string {
  return outputName(basename(input, extname(input)), codec);
}

function doubled({ input, output }: PlannedOutput, other: string): Aside {
  const reason = `${other} and ${input} would both become ${output}. Submit one of them alone with -o.`;
  return { result: 'failed', reason };
}

/**
 * An output is never an input, whatever it is called, and never replaces a file unless that was asked for: of many,
 * those that have theirs are done.
 */
async function whyAside(
  { input, output }: PlannedOutput,
  inputOf: ReadonlyMap<string, string>,
  overwrite: boolean,
): Promise<Aside | null> {
  const reason = await whyNoSource(input);
  if (reason !== null) return { result: 'failed', reason };
  const found = await facts(output);
  if (found === null) return null;
  for (const mark of await marksOf(output)) {
    const path = inputOf.get(mark);
    if (path === undefined) continue;
    const words = `The output ${output} is the input ${path} itself. Name another output with -o.`;
    return { result: 'failed', reason: words };
  }
  if (found.isDirectory()) {
    return { result: 'failed', reason: `The output ${output} is a folder. Name a file with -o.` };
  }
  if (overwrite) return null;
  const words = `The output ${output} exists. Replace it with --overwrite, or name another one with -o.`;
  return { result: 'skipped', reason: words };
}

async function whyNoSource(input: string): Promise<string | null> {
  const found = await facts(input);
  // Node.js puts this sign where the bytes of a name are no UTF-8, and finds no file by it.
  if (found === null && input.includes('\ufffd')) {
    return `The input ${input} cannot be opened: where � stands, its name or its folder's is not UTF-8. Rename it.`;
  }
  if (found === null) return `The input ${input} does not exist.`;
  return found.isFile()
    ? null
    : `The input ${input} is no regular file, so it cannot be read again and again.`;
}

/** Inputs by what tells that two paths lead to one file. */
async function identify(inputs: readonly Input[]): Promise<ReadonlyMap<string, string>> {
  const inputOf = new Map<string, string>();
  for (const { path } of inputs) for (const mark of await marksOf(path)) inputOf.set(mark, path);
  return inputOf;
}

/** Hard links share a device and a number; some network shares number nothing, and there the path must do. */
async function marksOf(path: string): Promise<readonly string[]> {
  const found = await facts(path);
  return found === null ? [] : [`${found.dev} ${found.ino}`, await realpath(path)];
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
