import { rm } from 'node:fs/promises';
import { openSliceFile, type SliceFile } from '../../slice/parse-slice.ts';
import { FRAMES_A_COLLECTION, releaseViews } from '../media/release-views.ts';
import { FrameSketcher } from '../media/sketch-frame.ts';
import { toEncoderFormat } from '../media/to-encoder-format.ts';
import type { EncodeMessage, EncodeRequest } from '../messages.ts';
import { AttemptReport } from './attempt-report.ts';
import { decodeSlice, WrongFrames } from './decode-slice.ts';
import { IvfFileWriter } from './ivf-file.ts';
import { SvtAv1Encoder } from './svt-av1-encoder.ts';

type Send = (message: EncodeMessage) => Promise<void>;

/** Why an attempt came to nothing, in the daemon's terms. */
export class AttemptFailure extends Error {
  override readonly name = 'AttemptFailure';
  override readonly cause: 'frames' | 'encoder' | 'slice';

  constructor(cause: 'frames' | 'encoder' | 'slice', error: unknown) {
    super(error instanceof Error ? error.message : String(error));
    this.cause = cause;
  }
}

/**
 * Decodes a slice, reports the fingerprints of its frames, encodes them and writes the IVF file. Every native object
 * is freed; on failure no file is left.
 *
 * @throws AttemptFailure
 */
export async function encodeSlice(request: EncodeRequest, send: Send): Promise<void> {
  const cpuBefore = process.cpuUsage();
  await using slice = await openSliceFile(request.slicePath).catch((error) => {
    throw new AttemptFailure('slice', error);
  });
  const output = await IvfFileWriter.create(
    request.outputPath,
    request.settings.picture,
    slice.header.wanted.length,
  ).catch((error) => {
    throw new AttemptFailure('encoder', error);
  });
  try {
    await encodeFrames(slice, request, output, send);
    const sha256 = await output.finish();
    const { user, system } = process.cpuUsage(cpuBefore);
    await send({
      type: 'encoded',
      frameCount: output.frameCount,
      bytes: output.bytes,
      sha256,
      cpuSeconds: (user + system) / 1e6,
    });
    await output.close();
  } catch (error) {
    await output.close();
    await rm(request.outputPath, { force: true });
    throw error instanceof AttemptFailure ? error : new AttemptFailure(causeOf(error), error);
  }
}

async function encodeFrames(
  slice: SliceFile,
  { settings, threads }: EncodeRequest,
  output: IvfFileWriter,
  send: Send,
): Promise<void> {
  const report = new AttemptReport(send);
  const sketcher = new FrameSketcher(settings.picture);
  const converter = toEncoderFormat(settings.picture);
  let encoder: SvtAv1Encoder | null = null;
  let frameCount = 0;
  try {
    for await (const frame of decodeSlice(slice)) {
      encoder ??= await SvtAv1Encoder.open(settings, threads, (unit) => output.append(unit));
      await report.decoded(sketcher.fingerprint(frame));
      await encoder.encode(converter.convert(frame));
      frameCount += 1;
      if (frameCount === 1) await send({ type: 'started' });
      if (frameCount % FRAMES_A_COLLECTION === 0) releaseViews();
      await report.encoded(output.frameCount, output.bytes);
    }
    await report.flush();
    await encoder?.finish();
    if (output.frameCount !== slice.header.wanted.length) {
      throw new Error(
        `SVT-AV1 wrote ${output.frameCount} temporal units for ${slice.header.wanted.length} frames, expected one for each.`,
      );
    }
  } finally {
    encoder?.free();
    converter.free();
    sketcher.free();
  }
}

function causeOf(error: unknown): 'frames' | 'encoder' {
  return error instanceof WrongFrames ? 'frames' : 'encoder';
}
