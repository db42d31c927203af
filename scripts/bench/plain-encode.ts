import { createWriteStream } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { availableParallelism, tmpdir } from 'node:os';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { startEngine } from '../../node/engine/engine.ts';
import { inspectSource } from '../../node/engine/inspect-source.ts';
import type {
  CodecFacts,
  EncodeMessage,
  EncodeRequest,
  KeyframeFact,
  ScanMessage,
  ScanRequest,
} from '../../node/engine/messages.ts';
import { describeSlice, streamSlice } from '../../node/slice/read-slice.ts';
import { ScanFiles } from '../../node/storage/scan-files.ts';
import { defaultSettings } from '../../src/encoder/default-settings.ts';
import type { EncodeSettings } from '../../src/encoder/settings.ts';
import { encodedPicture } from '../../src/media/conversions.ts';

/** A plain encode of a whole file in one process, with all cores as threads, as a player of one card would do it. */
export interface PlainEncode {
  readonly wallSeconds: number;
  readonly cpuSeconds: number;
  readonly bytes: number;
}

/** What one scan of the source costs, and one slice that is the whole file. */
export interface WholeSlice {
  readonly path: string;
  readonly settings: EncodeSettings;
  readonly remove: () => Promise<void>;
}

/** Longer than any bench's film: one chunk. */
const ONE_CHUNK_SECONDS = 3600;

/** Makes one slice of the whole file, so that the same code decodes and encodes it as any chunk. */
export async function sliceWhole(input: string): Promise<WholeSlice> {
  const folder = await mkdtemp(join(tmpdir(), 'vadeio-whole-'));
  const source = await inspectSource(input);
  const settings = defaultSettings(encodedPicture(source));
  const scan = startEngine<ScanRequest, ScanMessage>('scan', { niceness: 0 });
  await scan.send({
    type: 'scan',
    path: input,
    streamIndex: source.video.streamIndex,
    directory: folder,
    minSceneSeconds: ONE_CHUNK_SECONDS,
    maxSceneSeconds: ONE_CHUNK_SECONDS,
    cuts: null,
    forcedKeyframes: [],
    forcedSeconds: [],
    settings,
  });
  let codec: CodecFacts | null = null;
  let frameCount = 0;
  const keyframes: KeyframeFact[] = [];
  for await (const message of scan) {
    if (message.type === 'failed') throw new Error(message.message);
    if (message.type === 'opened') codec = message.codec;
    if (message.type === 'scanned') keyframes.push(...message.keyframes);
    if (message.type === 'ended') frameCount = message.frameCount;
  }
  if (codec === null) throw new Error('the scan told no codec');
  const files = new ScanFiles(folder);
  const slice = await describeSlice(files, codec, keyframes, { startFrame: 0, endFrame: frameCount }, 0);
  const path = join(folder, 'whole.slice');
  await pipeline(streamSlice(slice, files, input), createWriteStream(path));
  await files.close();
  return { path, settings, remove: () => rm(folder, { recursive: true, force: true }) };
}

/** Encodes the whole slice in one fresh process. */
export async function encodePlain(slice: WholeSlice, preset: number): Promise<PlainEncode> {
  const engine = startEngine<EncodeRequest, EncodeMessage>('encode', { niceness: 0 });
  const startedMs = performance.now();
  await engine.send({
    type: 'encode',
    slicePath: slice.path,
    outputPath: `${slice.path}.ivf`,
    workPath: `${slice.path}.encoder`,
    settings: { ...slice.settings, preset },
    threads: availableParallelism(),
    score: null,
  });
  for await (const message of engine) {
    if (message.type === 'failed' || message.type === 'attempt-failed') throw new Error(message.message);
    if (message.type !== 'encoded') continue;
    const wallSeconds = (performance.now() - startedMs) / 1000;
    await engine.kill();
    return { wallSeconds, cpuSeconds: message.cpuSeconds, bytes: message.bytes };
  }
  throw new Error((await engine.exited).words);
}
