import { AV_BUFFERSRC_FLAG_KEEP_REF, AV_PIX_FMT_YUV420P, AV_PIX_FMT_YUV420P10LE } from 'node-av/constants';
import { avGetPixFmtName, Filter, type FilterContext, FilterGraph, Frame } from 'node-av/lib';
import type { RawVideo } from '../../../src/media/y4m.ts';
import { type BuiltInMetric, METRICS, ssimDecibels } from '../../../src/quality/metric.ts';
import { refuseUnscorable } from '../../../src/quality/xpsnr-blocks.ts';
import { check } from '../media/check.ts';
import type { Meter } from './meter.ts';

/** Of Y, U and V: of XPSNR by definition, of SSIM by the planes' sizes. */
const PLANE_WEIGHTS = [4, 1, 1];

/**
 * Scores by one of FFmpeg's own filters. The reference goes in first: XPSNR weighs errors by what the first picture
 * hides, and gives 20.3 instead of 32.0 dB when swapped.
 */
export class FilterMeter implements Meter {
  readonly #metric: BuiltInMetric;
  readonly #graph = new FilterGraph();
  readonly #inputs: readonly [FilterContext, FilterContext];
  readonly #sink: FilterContext;
  readonly #scored = new Frame();
  /** Of reference and distorted; null where padded rows are understood. */
  readonly #tight: readonly [TightCopy, TightCopy] | null;
  readonly #scores: number[] = [];
  #isClosed = false;

  constructor(metric: BuiltInMetric, video: RawVideo) {
    if (metric === 'xpsnr') refuseUnscorable(video);
    this.#metric = metric;
    this.#tight = metric === 'xpsnr' ? [new TightCopy(), new TightCopy()] : null;
    this.#scored.alloc();
    this.#graph.alloc();
    const format = avGetPixFmtName(video.bitDepth === 10 ? AV_PIX_FMT_YUV420P10LE : AV_PIX_FMT_YUV420P);
    const { num, den } = video.frameRate;
    // The frame rate decides how XPSNR looks at motion.
    const input = `video_size=${video.width}x${video.height}:pix_fmt=${format}:time_base=${den}/${num}:frame_rate=${num}/${den}`;
    this.#inputs = [this.#create('buffer', input), this.#create('buffer', input)];
    const filter = this.#create(metric, null);
    this.#sink = this.#create('buffersink', null);
    for (const [place, source] of this.#inputs.entries()) {
      check(source.link(0, filter, place), `the filter ${metric} got its input`);
    }
    check(filter.link(0, this.#sink, 0), `the filter ${metric} got its output`);
    check(this.#graph.configSync(), `the filter ${metric} was set up`);
  }

  async add(reference: Frame, distorted: Frame): Promise<void> {
    for (const [place, given] of [reference, distorted].entries()) {
      const frame = this.#tight?.[place]?.of(given) ?? given;
      frame.pts = BigInt(this.#scores.length);
      const source = this.#inputs[place] as FilterContext;
      check(
        source.buffersrcAddFrameSync(frame, AV_BUFFERSRC_FLAG_KEEP_REF),
        'a frame was given to be scored',
      );
    }
    check(this.#sink.buffersinkGetFrameSync(this.#scored), 'a pair of frames was scored');
    this.#scores.push(scoreOf(this.#metric, this.#scored, reference));
    this.#scored.unref();
  }

  async finish(): Promise<number[]> {
    return this.#scores;
  }

  async close(): Promise<void> {
    if (this.#isClosed) return;
    this.#isClosed = true;
    this.#scored.free();
    for (const copy of this.#tight ?? []) copy.free();
    this.#graph.free();
  }

  #create(name: string, options: string | null): FilterContext {
    const filter = Filter.getByName(name);
    const context = filter === null ? null : this.#graph.createFilter(filter, name, options);
    if (context === null) throw new Error(`This build of FFmpeg has no filter ${name}.`);
    return context;
  }
}

/**
 * Copies of frames whose rows follow each other without a gap. FFmpeg's XPSNR filter takes the distorted picture's rows for
 * as long as they are wide where samples have two bytes, and with rows that are padded (352x288, 854x480; it depends on
 * the CPU, too) compares other samples: 30 dB become 10. What it keeps of the picture before has the first one's rows.
 */
class TightCopy {
  readonly #frame = new Frame();

  constructor() {
    this.#frame.alloc();
  }

  /** Lent until the next one is asked for. */
  of(frame: Frame): Frame {
    const tight = this.#frame;
    tight.unref();
    tight.format = frame.format;
    tight.width = frame.width;
    tight.height = frame.height;
    check(tight.getBuffer(1), 'a picture to be scored got memory');
    check(tight.copy(frame), 'a picture to be scored was copied');
    return tight;
  }

  free(): void {
    this.#frame.free();
  }
}

function scoreOf(metric: BuiltInMetric, frame: Frame, reference: Frame): number {
  const metadata = frame.getMetadata();
  const read = (key: string): number => readNumber(metadata.get(key), key);
  const capped = (key: string): number => Math.min(METRICS[metric].most, read(key));
  switch (metric) {
    case 'xpsnr':
      return overPlanes(
        ['y', 'u', 'v'].map((plane) => capped(`lavfi.xpsnr.xpsnr.${plane}`)),
        reference,
      );
    case 'psnr':
      return capped('lavfi.psnr.psnr.y');
    case 'ssim':
      return ssimDecibels(
        overPlanes(
          ['Y', 'U', 'V'].map((plane) => read(`lavfi.ssim.${plane}`)),
          reference,
        ),
      );
  }
}

/**
 * A chroma plane without any colour is hardly ever spoiled: with it a black-and-white film whose XPSNR is 30 dB would have 40,
 * and SSIM 1.8 dB too much. It lowers a score and never raises it. Left out only where it is perfect, a trace of colour that an
 * encoder adds made the worse picture the better one by 4 dB.
 */
function overPlanes(scores: readonly number[], reference: Frame): number {
  const [luma = 0] = scores;
  const data = reference.data ?? [];
  let [sum, weight] = [0, 0];
  for (const [plane, score] of scores.entries()) {
    const counted = score > luma && isFlat(reference, data[plane], plane) ? luma : score;
    sum += (PLANE_WEIGHTS[plane] ?? 0) * counted;
    weight += PLANE_WEIGHTS[plane] ?? 0;
  }
  return sum / weight;
}

/** Whether all samples of a chroma plane in 4:2:0 are equal. @param data its, as `frame.data` makes new views of all at each call */
function isFlat(frame: Frame, data: Buffer | undefined, plane: number): boolean {
  if (data === undefined) return true;
  const bytes = frame.format === AV_PIX_FMT_YUV420P ? 1 : 2;
  const stride = frame.linesize[plane] ?? 0;
  const rowBytes = bytes * Math.ceil(frame.width / 2);
  const first = Buffer.alloc(rowBytes, data.subarray(0, bytes));
  for (let y = 0; y < Math.ceil(frame.height / 2); y += 1) {
    if (first.compare(data, y * stride, y * stride + rowBytes) !== 0) return false;
  }
  return true;
}

/** FFmpeg writes `inf` for equal pictures. */
function readNumber(text: string | null, key: string): number {
  if (text === 'inf') return Number.POSITIVE_INFINITY;
  const value = text === null || text === '' ? Number.NaN : Number(text);
  if (Number.isNaN(value)) throw new Error(`FFmpeg's filter says ${key} is "${text}", expected a number.`);
  return value;
}
