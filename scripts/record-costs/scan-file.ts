import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startEngine } from '../../node/engine/engine.ts';
import { inspectSource } from '../../node/engine/inspect-source.ts';
import type { CodecFacts, KeyframeFact, ScanMessage, ScanRequest } from '../../node/engine/messages.ts';
import { ScanFiles } from '../../node/storage/scan-files.ts';
import { defaultSettings } from '../../src/encoder/default-settings.ts';
import type { EncodeSettings } from '../../src/encoder/settings.ts';
import { encodedPicture } from '../../src/media/conversions.ts';

export type FoundChunk = Omit<Extract<ScanMessage, { type: 'chunk-found' }>, 'type'>;

/** A finished scan of one file, and everything that slicing needs. */
export interface ScannedFile {
  readonly path: string;
  readonly settings: EncodeSettings;
  readonly codec: CodecFacts;
  readonly keyframes: readonly KeyframeFact[];
  readonly chunks: readonly FoundChunk[];
  readonly files: ScanFiles;
  readonly remove: () => Promise<void>;
}

/** Scans a file as a job would, in a child, with the default settings for its picture. */
export async function scanFile(
  path: string,
  minSceneSeconds: number,
  maxSceneSeconds: number,
): Promise<ScannedFile> {
  const directory = await mkdtemp(join(tmpdir(), 'vadeio-costs-'));
  const source = await inspectSource(path);
  const settings = defaultSettings(encodedPicture(source));
  const engine = startEngine<ScanRequest, ScanMessage>('scan', { niceness: 10 });
  const { streamIndex } = source.video;
  await engine.send({
    type: 'scan',
    path,
    streamIndex,
    directory,
    minSceneSeconds,
    maxSceneSeconds,
    cuts: null,
    forcedKeyframes: [],
    forcedSeconds: [],
    settings,
  });
  let codec: CodecFacts | null = null;
  const keyframes: KeyframeFact[] = [];
  const chunks: FoundChunk[] = [];
  for await (const message of engine) {
    if (message.type === 'failed') throw new Error(message.message);
    if (message.type === 'opened') codec = message.codec;
    if (message.type === 'scanned') keyframes.push(...message.keyframes);
    if (message.type === 'chunk-found') {
      const { type: _, ...found } = message;
      chunks.push(found);
    }
  }
  if (codec === null) throw new Error((await engine.exited).words);
  const files = new ScanFiles(directory);
  const remove = async (): Promise<void> => {
    await files.close();
    await rm(directory, { recursive: true, force: true });
  };
  return { path, settings, codec, keyframes, chunks, files, remove };
}
