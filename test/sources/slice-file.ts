import { createWriteStream } from 'node:fs';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { decodeSlice } from '../../node/engine/encode/decode-slice.ts';
import { FrameSketcher } from '../../node/engine/media/sketch-frame.ts';
import type { CodecFacts } from '../../node/engine/messages.ts';
import { openSliceFile } from '../../node/slice/parse-slice.ts';
import { describeSlice, type SliceDescription, streamSlice } from '../../node/slice/read-slice.ts';
import type { FrameRange } from '../../src/media/frame-range.ts';
import { fastSettings, type ScannedSource } from './scan-source.ts';

/** Writes the slice of a range as a peer would receive it. */
export async function writeSlice(
  target: string,
  sourcePath: string,
  scan: ScannedSource,
  range: FrameRange,
  options: { readonly leadIn?: number; readonly codec?: CodecFacts } = {},
): Promise<SliceDescription> {
  const codec = options.codec ?? scan.codec;
  const description = await describeSlice(scan.files, codec, scan.keyframes, range, options.leadIn ?? 0);
  await pipeline(Readable.from(streamSlice(description, scan.files, sourcePath)), createWriteStream(target));
  return description;
}

/** Fingerprints of a slice's wanted frames, as the encode child makes them. */
export async function fingerprintSlice(path: string): Promise<Uint8Array> {
  await using slice = await openSliceFile(path);
  const sketcher = new FrameSketcher(fastSettings().picture);
  const fingerprints: Uint8Array[] = [];
  for await (const frame of decodeSlice(slice)) fingerprints.push(sketcher.fingerprint(frame));
  sketcher.free();
  return Buffer.concat(fingerprints);
}
