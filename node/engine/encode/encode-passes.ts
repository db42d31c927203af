import { mkdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Frame } from 'node-av/lib';
import { PHOTON_NOISE, photonNoiseTable } from '../../../src/encoder/photon-noise.ts';
import type { EncodeSettings } from '../../../src/encoder/settings.ts';
import { type FrameEncoder, openEncoder, type TakeUnit } from './frame-encoder.ts';

/** Where and how an encode runs on this machine; nothing of it changes what is written. */
export interface EncodePlace {
  readonly threads: number;
  /** A folder for the encoder's own files. It is made, and is gone afterwards. */
  readonly workPath: string;
}

/** What a chunk is made of, as often as there are passes. */
export interface PassFrames {
  /** The chunk's frames, ready for the encoder. A frame is lent until the next is asked for. */
  frames(pass: number): AsyncIterable<Frame>;
  /** The encoder took a frame in. */
  onTaken(): Promise<void>;
}

/** Encodes a chunk in all its passes; units are those of the last one. */
export async function encodePasses(
  settings: EncodeSettings,
  { threads, workPath }: EncodePlace,
  source: PassFrames,
  take: TakeUnit,
): Promise<void> {
  await mkdir(workPath, { recursive: true });
  try {
    const grain = await writeGrainTable(settings, workPath);
    for (let pass = 1; pass <= settings.passes; pass++) {
      const run = { settings, threads, pass, statsPath: join(workPath, 'stats'), ...grain };
      const isLast = pass === settings.passes;
      await encodePass(await openEncoder(run, isLast ? take : dropUnit), source, pass);
    }
  } finally {
    await rm(workPath, { recursive: true, force: true });
  }
}

async function writeGrainTable(
  { params, picture }: EncodeSettings,
  workPath: string,
): Promise<{ readonly grainTablePath?: string }> {
  const iso = params[PHOTON_NOISE];
  if (iso === undefined) return {};
  const grainTablePath = join(workPath, 'grain');
  await writeFile(grainTablePath, photonNoiseTable(Number(iso), picture));
  return { grainTablePath };
}

async function encodePass(encoder: FrameEncoder, source: PassFrames, pass: number): Promise<void> {
  try {
    for await (const frame of source.frames(pass)) {
      await encoder.encode(frame);
      await source.onTaken();
    }
    await encoder.finish();
  } finally {
    await encoder.free();
  }
}

/** Earlier passes write what nobody needs. */
async function dropUnit(): Promise<void> {}
