import {
  AV_BUFFERSRC_FLAG_KEEP_REF,
  AV_PIX_FMT_YUV420P,
  AV_PIX_FMT_YUV420P10LE,
  AVCOL_RANGE_JPEG,
  type AVPixelFormat,
} from 'node-av/constants';
import { avGetPixFmtName, Filter, type FilterContext, FilterGraph, Frame } from 'node-av/lib';
import type { EncodedPicture } from '../../../src/encoder/settings.ts';
import { readPixelFormat } from '../../../src/media/pixel-format.ts';
import { check } from './check.ts';

/** The part of an {@link EncodedPicture} that decides how frames are converted. */
export type EncoderPicture = Pick<EncodedPicture, 'width' | 'height' | 'bitDepth' | 'colour'>;

export interface FrameConverter {
  /** The converted frame, with the input's timestamp. It is the converter's and lives until the next call. */
  convert(frame: Frame): Frame;
  free(): void;
}

/**
 * Turns any decoded frame into what the encoder takes: planar 4:2:0 of the job's depth and size. An odd column or row
 * is cropped, a size that changes in mid-stream is scaled to the job's, RGB gets the job's matrix; everything else
 * keeps its samples' meaning. Scaling is bit-exact, so the same frame gives the same picture on every CPU.
 */
export function toEncoderFormat(picture: EncoderPicture): FrameConverter {
  const output = new Frame();
  output.alloc();
  let chain: Chain | null = null;
  return {
    convert(frame) {
      output.unref();
      const key = `${frame.format}/${frame.width}x${frame.height}/${frame.colorSpace}/${frame.colorRange}`;
      if (chain?.key !== key) {
        chain?.graph.free();
        chain = null;
        chain = openChain(key, frame, picture);
      }
      check(
        chain.source.buffersrcAddFrameSync(frame, AV_BUFFERSRC_FLAG_KEEP_REF),
        'the frame was given to the converter',
      );
      check(chain.sink.buffersinkGetFrameSync(output), 'the frame was converted');
      return output;
    },
    free() {
      chain?.graph.free();
      chain = null;
      output.free();
    },
  };
}

interface Chain {
  readonly key: string;
  readonly graph: FilterGraph;
  readonly source: FilterContext;
  readonly sink: FilterContext;
}

function openChain(key: string, frame: Frame, picture: EncoderPicture): Chain {
  const graph = new FilterGraph();
  graph.alloc();
  graph.nbThreads = 1;
  try {
    const name = avGetPixFmtName(frame.format as AVPixelFormat) ?? 'none';
    const source = addFilter(
      graph,
      'buffer',
      `video_size=${frame.width}x${frame.height}:pix_fmt=${name}:time_base=1/1:pixel_aspect=1/1:colorspace=${frame.colorSpace}:range=${frame.colorRange}`,
    );
    let last = source;
    for (const [filter, options] of steps(frame, name, picture)) {
      const next = addFilter(graph, filter, options);
      check(last.link(0, next, 0), 'the converter was built');
      last = next;
    }
    const sink = addFilter(graph, 'buffersink', null);
    check(last.link(0, sink, 0), 'the converter was built');
    check(graph.configSync(), `the converter for ${name} frames was set up`);
    return { key, graph, source, sink };
  } catch (error) {
    graph.free();
    throw error;
  }
}

type Step = readonly [filter: string, options: string];

function steps(frame: Frame, name: string, picture: EncoderPicture): Step[] {
  const { width, height } = picture;
  const list: Step[] = [];
  const evenWidth = frame.width - (frame.width % 2);
  const evenHeight = frame.height - (frame.height % 2);
  if (evenWidth === width && evenHeight === height && (frame.width > width || frame.height > height)) {
    list.push(['crop', `w=${width}:h=${height}:x=0:y=0:exact=1`]);
  }
  const facts = readPixelFormat(name);
  // The scaler takes every grey picture for full range; told that the result is full too, it changes no value.
  const isFull = facts.isGray || picture.colour.range === AVCOL_RANGE_JPEG;
  const wasFull =
    facts.isGray || facts.isRgb || name.startsWith('yuvj') || frame.colorRange === AVCOL_RANGE_JPEG;
  const ranges = `in_range=${wasFull ? 'full' : 'limited'}:out_range=${isFull ? 'full' : 'limited'}`;
  const matrix = facts.isRgb ? `:out_color_matrix=${matrixName(picture.colour.matrix)}` : '';
  list.push(['scale', `w=${width}:h=${height}:flags=bicubic+accurate_rnd+bitexact:${ranges}${matrix}`]);
  const target = picture.bitDepth === 10 ? AV_PIX_FMT_YUV420P10LE : AV_PIX_FMT_YUV420P;
  list.push(['format', `pix_fmts=${avGetPixFmtName(target)}`]);
  return list;
}

/** The filter's names for the matrices of H.273 that RGB is turned into. */
function matrixName(matrix: number): string {
  if (matrix === 9) return 'bt2020nc';
  if (matrix === 5 || matrix === 6) return 'smpte170m';
  return 'bt709';
}

function addFilter(graph: FilterGraph, name: string, options: string | null): FilterContext {
  const filter = Filter.getByName(name);
  const context = filter === null ? null : graph.createFilter(filter, name, options);
  if (context === null) throw new Error(`FFmpeg refused the filter ${name} with the options ${options}.`);
  return context;
}
