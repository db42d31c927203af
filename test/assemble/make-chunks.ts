import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Frame } from 'node-av/lib';
import { openEncoder } from '../../node/engine/encode/frame-encoder.ts';
import { SCAN_FILES } from '../../node/storage/scan-files.ts';
import { encoderOf } from '../../src/encoder/encoders.ts';
import { ivfFrameHeader, ivfHeader } from '../../src/encoder/ivf.ts';
import type { EncodeSettings } from '../../src/encoder/settings.ts';
import { FRAME_RECORD_BYTES, writeFrameRecord } from '../../src/media/scan-records.ts';
import { FINGERPRINT_BYTES, PICTURE_BYTES } from '../../src/media/sketch.ts';
import { HEIGHT, WIDTH } from './rich-source.ts';

/** Fast settings for a test picture. */
export const SETTINGS: EncodeSettings = {
  encoder: 'svt-av1',
  preset: 12,
  rate: { type: 'quality', value: 30 },
  passes: 1,
  grain: 0,
  params: {},
  filtering: null,
  picture: {
    width: WIDTH,
    height: HEIGHT,
    bitDepth: 8,
    frameRate: { num: 25, den: 1 },
    sampleAspectRatio: { num: 1, den: 1 },
    colour: { primaries: 1, transfer: 1, matrix: 1, range: 1, chromaLocation: 1 },
    masteringDisplay: null,
    contentLight: null,
  },
};

/** Encodes frames as one chunk, the way the encode program does. Frees them. */
export async function encodeChunk(
  path: string,
  frames: readonly Frame[],
  settings = SETTINGS,
): Promise<void> {
  const { codec } = encoderOf(settings.encoder);
  const parts = [ivfHeader({ codec, width: WIDTH, height: HEIGHT, frameCount: frames.length })];
  const run = { settings, threads: 1, pass: 1, statsPath: '' };
  const encoder = await openEncoder(run, async ({ index, data }) => {
    parts.push(ivfFrameHeader(data.length, index), new Uint8Array(data));
  });
  for (const frame of frames) {
    await encoder.encode(frame);
    frame.free();
  }
  await encoder.finish();
  encoder.free();
  await writeFile(path, Buffer.concat(parts));
}

/** Writes a scan's frame records with these timestamps; fingerprints and pictures stay empty. */
export async function writeTimestamps(directory: string, pts: readonly bigint[]): Promise<void> {
  const bytes = new Uint8Array(pts.length * FRAME_RECORD_BYTES);
  for (const [tag, timestamp] of pts.entries()) {
    writeFrameRecord(bytes, tag * FRAME_RECORD_BYTES, {
      tag,
      pts: timestamp,
      isRebuilt: false,
      fingerprint: new Uint8Array(FINGERPRINT_BYTES),
      picture: new Uint8Array(PICTURE_BYTES),
    });
  }
  await writeFile(join(directory, SCAN_FILES.frames), bytes);
}
