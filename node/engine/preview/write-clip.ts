import type { Frame } from 'node-av/lib';
import { rescale } from '../../../src/container/output-ticks.ts';
import { encoderOf } from '../../../src/encoder/encoders.ts';
import type { IvfFile, IvfFrame } from '../../../src/encoder/ivf.ts';
import { previewSettings } from '../../../src/encoder/preview.ts';
import type { EncodeSettings } from '../../../src/encoder/settings.ts';
import { findStreamHeader } from '../../../src/encoder/stream-header.ts';
import type { SourceVideo } from '../../../src/media/source-video.ts';
import { videoPacket } from '../assemble/chunk-packets.ts';
import { OutputFile } from '../assemble/output-file.ts';
import { describeVideo } from '../assemble/video-parameters.ts';
import { decodeResult } from '../encode/decode-result.ts';
import { type EncodePlace, encodePasses } from '../encode/encode-passes.ts';
import { openSource } from '../media/open-source.ts';
import { FRAMES_A_COLLECTION, releaseViews } from '../media/release-views.ts';
import { type ClipPlace, clipFrames } from './clip-frames.ts';
import { splitFrame } from './split-frame.ts';

/** A piece of a film as the encoder left it at these settings. */
export interface EncodedClip {
  readonly encoded: IvfFile;
  readonly settings: EncodeSettings;
}

/** Writes a clip that shows a piece of a film beside what an encoder made of it. Throws a sentence when the disk fails. */
export async function writeClip(
  outputPath: string,
  source: SourceVideo,
  { encoded, settings }: EncodedClip,
  clip: ClipPlace,
  place: EncodePlace,
): Promise<void> {
  const shown = await encodeClip(previewSettings(settings), place, () =>
    splitFrames(encoded, settings, clip),
  );
  await writeShown(outputPath, source, shown, previewSettings(settings));
}

/** What an encoder makes of some frames, as the file that a result is. */
export async function encodeClip(
  settings: EncodeSettings,
  place: EncodePlace,
  frames: () => AsyncIterable<Frame>,
): Promise<IvfFile> {
  const units: IvfFrame[] = [];
  await encodePasses(settings, place, { frames, onTaken: async () => undefined }, async ({ index, data }) => {
    units.push({ pts: index, data: Uint8Array.from(data) });
  });
  const { width, height } = settings.picture;
  const { codec } = encoderOf(settings.encoder);
  return { codec, width, height, frameCount: units.length, frames: units };
}

/** Before and after in step. Grain is shown: whoever watches the film will see it. */
async function* splitFrames(
  encoded: IvfFile,
  settings: EncodeSettings,
  clip: ClipPlace,
): AsyncGenerator<Frame, void, undefined> {
  const before = clipFrames(clip, settings);
  let count = 0;
  try {
    for await (const after of decodeResult(encoded, true)) {
      const { value, done } = await before.next();
      if (done === true) return;
      const split = splitFrame(value, after, settings.picture, count);
      try {
        yield split;
      } finally {
        split.free();
      }
      count += 1;
      if (count % FRAMES_A_COLLECTION === 0) releaseViews();
    }
  } finally {
    await before.return();
  }
}

/** Frames follow each other evenly: a preview is looked at, not measured. */
async function writeShown(
  outputPath: string,
  source: SourceVideo,
  { codec, frames }: IvfFile,
  { picture }: EncodeSettings,
): Promise<void> {
  const [first] = frames;
  const streamHeader = first === undefined ? null : findStreamHeader(first.data, codec);
  if (streamHeader === null) throw new Error('The preview does not begin with its header.');
  const format = await openSource(source.path);
  const output = new OutputFile(outputPath, 'matroska');
  try {
    const stream = output.addStream();
    const original = format.streams[source.video.streamIndex];
    if (original === undefined) throw new Error(`${source.path} changed.`);
    const { index } = stream;
    describeVideo(stream, picture, source.video, original, { codec, streamHeader, container: 'matroska' });
    await output.writeHeader({ metadata: {}, timeBase: source.video.timeBase, reservedBytes: 0 });
    const frameTime = { num: picture.frameRate.den, den: picture.frameRate.num };
    for (const { pts: position, data } of frames) {
      const pts = rescale(position, frameTime, stream.timeBase);
      output.write(videoPacket(data, codec, index, { pts, dts: pts }));
    }
    await output.writeTrailer();
    await output.sync();
  } finally {
    await output.close();
    await format.closeInput();
  }
}
