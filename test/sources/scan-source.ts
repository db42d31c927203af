import { mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startEngine } from '../../node/engine/engine.ts';
import type { CodecFacts, KeyframeFact, ScanMessage, ScanRequest } from '../../node/engine/messages.ts';
import { ScanFiles } from '../../node/storage/scan-files.ts';
import type { EncodeSettings } from '../../src/encoder/settings.ts';
import type { FrameRange } from '../../src/media/frame-range.ts';

/** What a scan child told of a source, whole. */
export interface ScannedSource {
  readonly codec: CodecFacts;
  readonly keyframes: readonly KeyframeFact[];
  readonly chunks: readonly FrameRange[];
  readonly frameCount: number;
  readonly packetCount: number;
  readonly rebuiltTimestampCount: number;
  readonly files: ScanFiles;
}

/** Settings for a small picture, fast to encode. */
export function fastSettings(width = 320, height = 180, bitDepth: 8 | 10 = 10): EncodeSettings {
  return {
    encoder: 'svt-av1',
    preset: 12,
    rate: { type: 'quality', value: 35 },
    passes: 1,
    grain: 0,
    params: {},
    filtering: null,
    picture: {
      width,
      height,
      bitDepth,
      frameRate: { num: 24, den: 1 },
      sampleAspectRatio: { num: 1, den: 1 },
      colour: { primaries: 2, transfer: 2, matrix: 2, range: 1, chromaLocation: 1 },
      masteringDisplay: null,
      contentLight: null,
    },
  };
}

/** Scans the first stream of a file in a real scan child; its files go to a folder beside `parent`'s others. */
export async function scanSource(
  path: string,
  parent = tmpdir(),
  settings: EncodeSettings = fastSettings(),
): Promise<ScannedSource> {
  const directory = await mkdtemp(join(parent, 'scan-'));
  const engine = startEngine<ScanRequest, ScanMessage>('scan', { niceness: 0 });
  await engine.send({
    type: 'scan',
    path,
    streamIndex: 0,
    directory,
    minSceneSeconds: 0.5,
    maxSceneSeconds: 2,
    cuts: null,
    forcedKeyframes: [],
    forcedSeconds: [],
    settings,
  });
  let codec: CodecFacts | null = null;
  const keyframes: KeyframeFact[] = [];
  const chunks: FrameRange[] = [];
  for await (const message of { [Symbol.asyncIterator]: () => engine[Symbol.asyncIterator]() }) {
    if (message.type === 'opened') codec = message.codec;
    if (message.type === 'scanned') keyframes.push(...message.keyframes);
    if (message.type === 'chunk-found') chunks.push(message);
    if (message.type === 'failed') throw new Error(message.message);
    if (message.type !== 'ended') continue;
    if (codec === null) throw new Error('the scan told no codec');
    const { frameCount, packetCount, rebuiltTimestampCount } = message;
    const files = new ScanFiles(directory);
    return { codec, keyframes, chunks, frameCount, packetCount, rebuiltTimestampCount, files };
  }
  throw new Error(`the scan ended early: ${(await engine.exited).words}`);
}
