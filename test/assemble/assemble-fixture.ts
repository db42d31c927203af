import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startEngine } from '../../node/engine/engine.ts';
import { inspectSource } from '../../node/engine/inspect-source.ts';
import type { AssembleCommand, AssembleMessage, AssembleRequest } from '../../node/engine/messages.ts';
import { type CarryWishes, containerOf, planCarry } from '../../src/container/carry.ts';
import type { EncodeSettings } from '../../src/encoder/settings.ts';
import type { SourceVideo } from '../../src/media/source-video.ts';
import { encodeChunk, SETTINGS, writeTimestamps } from './make-chunks.ts';
import { makeFrames, makeRichSource, type RichSource } from './rich-source.ts';

export const KEEP_ALL: CarryWishes = {
  audio: 'copy',
  audioChoice: null,
  subtitles: 'copy',
  attachments: 'copy',
  chapters: true,
};

export interface Assembly {
  readonly source: Omit<RichSource, 'path'>;
  /** Frames of each chunk; their sum is the source's. */
  readonly chunks: readonly number[];
  /** Timestamps that the scan tells, where they are not the source's. */
  readonly scanned?: readonly bigint[];
  /** File name of the output; its ending chooses the container. */
  readonly output: string;
  readonly wishes?: CarryWishes;
  readonly settings?: EncodeSettings;
  /** Changes what was inspected before it is planned and assembled. */
  readonly edit?: (source: SourceVideo) => SourceVideo;
}

export interface Assembled {
  readonly directory: string;
  readonly sourcePath: string;
  readonly outputPath: string;
  readonly source: SourceVideo;
  readonly bytes: number;
  readonly messages: readonly AssembleMessage[];
}

/** A folder that goes away with `remove`. */
export async function temporaryFolder(): Promise<{ path: string; remove: () => Promise<void> }> {
  const path = await mkdtemp(join(tmpdir(), 'vadeio-assemble-'));
  return { path, remove: () => rm(path, { recursive: true, force: true }) };
}

/** Makes a source and its chunks, and assembles them with the real program in its own process. */
export async function assemble(directory: string, assembly: Assembly): Promise<Assembled> {
  const { source: rich, chunks, wishes = KEEP_ALL, settings = SETTINGS } = assembly;
  const ending = { matroska: 'mkv', mp4: 'mp4', mpegts: 'ts' }[rich.format] ?? rich.format;
  const sourcePath = join(directory, `source of ${assembly.output}.${ending}`);
  await makeRichSource({ ...rich, path: sourcePath });
  await writeTimestamps(directory, assembly.scanned ?? rich.pts);
  const inspected = await inspectSource(sourcePath);
  const source = assembly.edit?.(inspected) ?? inspected;
  const outputPath = join(directory, assembly.output);
  const carry = planCarry(source, containerOf(outputPath), wishes);
  const request = { sourcePath, outputPath, source, settings, carry, scanDirectory: directory };
  const commands: AssembleCommand[] = [];
  let startFrame = 0;
  for (const frameCount of chunks) {
    const path = join(directory, `${startFrame}.ivf`);
    const pixelFormat = settings.picture.bitDepth === 10 ? 'yuv420p10le' : 'yuv420p';
    await encodeChunk(path, makeFrames(frameCount, startFrame, pixelFormat), settings);
    commands.push({ type: 'append', path, startFrame, frameCount });
    startFrame += frameCount;
  }
  commands.push({ type: 'finish', frameCount: startFrame });
  const messages = await runAssemble({ type: 'assemble', ...request }, commands);
  const last = messages.at(-1);
  if (last?.type !== 'assembled')
    throw new Error(last?.type === 'failed' ? last.message : 'nothing was assembled');
  return { directory, sourcePath, outputPath, source, bytes: last.bytes, messages };
}

/** One answer for each command; ends early when the program fails. */
export async function runAssemble(
  request: AssembleRequest,
  commands: readonly AssembleCommand[],
): Promise<AssembleMessage[]> {
  const engine = startEngine<AssembleRequest | AssembleCommand, AssembleMessage>('assemble', { niceness: 0 });
  const answers = engine[Symbol.asyncIterator]();
  const messages: AssembleMessage[] = [];
  try {
    await engine.send(request);
    for (const command of commands) {
      await engine.send(command);
      const { done, value } = await answers.next();
      if (done === true) throw new Error((await engine.exited).words);
      messages.push(value);
      if (value.type === 'failed') break;
    }
    return messages;
  } finally {
    await engine.kill();
  }
}
