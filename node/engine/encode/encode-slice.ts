import { rm } from 'node:fs/promises';
import type { Frame } from 'node-av/lib';
import { encoderOf } from '../../../src/encoder/encoders.ts';
import { MAX_SCORES } from '../../../src/protocol/limits.ts';
import { endedChildrenCpuSeconds } from '../../platform/own-cpu/linux.ts';
import { openSliceFile, type SliceFile } from '../../slice/parse-slice.ts';
import { DiskError } from '../../storage/disk-error.ts';
import { FrameFilter } from '../media/filter-frames.ts';
import { FRAMES_A_COLLECTION, releaseViews } from '../media/release-views.ts';
import { FrameSketcher } from '../media/sketch-frame.ts';
import type { EncodeMessage, EncodeRequest, ScoreMeasure } from '../messages.ts';
import { AttemptReport } from './attempt-report.ts';
import { decodeSlice, WrongFrames } from './decode-slice.ts';
import { encodePasses, type PassFrames } from './encode-passes.ts';
import { Hdr10PlusCarrier } from './hdr10-plus.ts';
import { IvfFileWriter } from './ivf-file.ts';
import { scoreResult } from './score-result.ts';

/**
 * Of the work at a chunk that is scored, the part that its scoring is taken for: a guess, less beside slow presets and
 * more beside fast ones. It decides nothing but when an attempt is expected to end.
 */
const SCORING_SHARE = 0.25;

type Send = (message: EncodeMessage) => Promise<void>;

type Cause = Extract<EncodeMessage, { type: 'attempt-failed' }>['cause'];

/** Why an attempt came to nothing, in the daemon's terms. */
export class AttemptFailure extends Error {
  override readonly name = 'AttemptFailure';
  override readonly cause: Cause;

  constructor(cause: Cause, error: unknown) {
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
  const encoderCpuBefore = await endedChildrenCpuSeconds();
  await using slice = await openSliceFile(request.slicePath).catch((error) => {
    throw new AttemptFailure('slice', error);
  });
  const { encoder, picture } = request.settings;
  const output = await IvfFileWriter.create(request.outputPath, {
    codec: encoderOf(encoder).codec,
    width: picture.width,
    height: picture.height,
    frameCount: slice.header.wanted.length,
  }).catch((error) => {
    throw new AttemptFailure(causeOf(error), error);
  });
  try {
    const report = new AttemptReport(send);
    await encodeFrames(slice, request, output, report, send);
    const encoderCpu = (await endedChildrenCpuSeconds()) - encoderCpuBefore;
    const sha256 = await output.finish();
    if (request.score !== null) await scoreFrames(slice, request, request.score, report, send);
    const { user, system } = process.cpuUsage(cpuBefore);
    await send({
      type: 'encoded',
      frameCount: output.frameCount,
      bytes: output.bytes,
      sha256,
      cpuSeconds: (user + system) / 1e6 + encoderCpu,
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
  request: EncodeRequest,
  output: IvfFileWriter,
  report: AttemptReport,
  send: Send,
): Promise<void> {
  const sketcher = new FrameSketcher(request.settings.picture);
  const filter = new FrameFilter(request.settings);
  const hdr10Plus = new Hdr10PlusCarrier(request.settings);
  try {
    const source = framesOf(slice, request, { sketcher, filter, hdr10Plus, report, output, send });
    await encodePasses(request.settings, request, source, async (unit) => {
      await output.append(hdr10Plus.put(unit));
      // Many come when all frames are given: an encoder that looks far ahead has most of its work before it then.
      await source.tellProgress();
    });
    const wanted = slice.header.wanted.length;
    if (output.frameCount !== wanted) {
      const { title } = encoderOf(request.settings.encoder);
      throw new Error(
        `${title} wrote ${output.frameCount} pictures for ${wanted} frames, expected one for each.`,
      );
    }
  } finally {
    filter.free();
    sketcher.free();
  }
}

interface SliceParts {
  readonly sketcher: FrameSketcher;
  readonly filter: FrameFilter;
  readonly hdr10Plus: Hdr10PlusCarrier;
  readonly report: AttemptReport;
  readonly output: IvfFileWriter;
  readonly send: Send;
}

/** Every pass decodes the slice again; its fingerprints are told once. */
function framesOf(
  slice: SliceFile,
  { score, settings: { passes } }: EncodeRequest,
  { sketcher, filter, hdr10Plus, report, output, send }: SliceParts,
): PassFrames & { tellProgress(): Promise<void> } {
  const total = slice.header.wanted.length;
  const share = score === null ? 1 : 1 - SCORING_SHARE;
  let taken = 0;
  let current = 1;
  async function* frames(pass: number): AsyncGenerator<Frame, void, undefined> {
    current = pass;
    let index = 0n;
    for await (const frame of decodeSlice(slice)) {
      if (pass === 1) await report.decoded(sketcher.fingerprint(frame));
      hdr10Plus.take(frame, index);
      index += 1n;
      yield* filter.push(frame);
    }
    yield* filter.end();
    await report.flush();
  }
  async function tellProgress(): Promise<void> {
    // Of several passes each is its part of the work.
    const done = current === passes ? (total * (passes - 1) + output.frameCount) / passes : taken / passes;
    await report.encoded(Math.floor(share * done), output.bytes);
  }
  return {
    frames,
    tellProgress,
    async onTaken() {
      taken += 1;
      if (taken === 1) await send({ type: 'started' });
      if (taken % FRAMES_A_COLLECTION === 0) releaseViews();
      await tellProgress();
    },
  };
}

/** Tells the scores of all frames, in batches. */
async function scoreFrames(
  slice: SliceFile,
  request: EncodeRequest,
  measure: ScoreMeasure,
  report: AttemptReport,
  send: Send,
): Promise<void> {
  const total = slice.header.wanted.length;
  const scores = await scoreResult(slice, request, measure, (count) =>
    report.encoded(Math.floor((1 - SCORING_SHARE) * total + SCORING_SHARE * count), 0),
  );
  for (let firstFrame = 0; firstFrame < scores.length; firstFrame += MAX_SCORES) {
    await send({ type: 'scored', firstFrame, scores: scores.slice(firstFrame, firstFrame + MAX_SCORES) });
  }
}

function causeOf(error: unknown): Cause {
  if (error instanceof DiskError) return 'peer';
  return error instanceof WrongFrames ? 'frames' : 'encoder';
}
