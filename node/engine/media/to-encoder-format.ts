import { AV_PIX_FMT_YUV420P, AV_PIX_FMT_YUV420P10LE, AVCOL_RANGE_JPEG } from 'node-av/constants';
import { avGetPixFmtName, Frame } from 'node-av/lib';
import type { EncodedPicture } from '../../../src/encoder/settings.ts';
import { readPixelFormat } from '../../../src/media/pixel-format.ts';
import type { PictureSize } from '../../../src/media/source-video.ts';
import type { FilterStep } from '../../../src/picture/filter-definition.ts';
import { chainKey, FilterChain, formatName } from './filter-chain.ts';

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
  return convertBy((frame) => [
    ...cropSteps(frame, picture),
    ...conversionSteps(formatName(frame), frame.colorRange, picture),
  ]);
}

/** Converts frame by frame with steps that hold none back. */
export function convertBy(stepsFor: (frame: Frame) => readonly FilterStep[]): FrameConverter {
  const output = new Frame();
  output.alloc();
  let chain: FilterChain | null = null;
  return {
    convert(frame) {
      output.unref();
      if (chain?.key !== chainKey(frame)) {
        chain?.free();
        chain = null;
        chain = new FilterChain(frame, stepsFor(frame));
      }
      chain.push(frame);
      if (!chain.pull(output)) throw new Error('FFmpeg converted a frame to nothing.');
      return output;
    },
    free() {
      chain?.free();
      chain = null;
      output.free();
    },
  };
}

/** Cuts an odd column or row off where that is all that stands between a frame and the size wanted. */
export function cropSteps(frame: PictureSize, { width, height }: PictureSize): FilterStep[] {
  const evenWidth = frame.width - (frame.width % 2);
  const evenHeight = frame.height - (frame.height % 2);
  const isOdd =
    evenWidth === width && evenHeight === height && (frame.width > width || frame.height > height);
  return isOdd ? [['crop', `w=${width}:h=${height}:x=0:y=0:exact=1`]] : [];
}

/**
 * To the size and format that the encoder takes.
 *
 * @param name pixel format of the frames before it.
 * @param range AVColorRange of the frames before it.
 */
export function conversionSteps(name: string, range: number, picture: EncoderPicture): FilterStep[] {
  const { width, height } = picture;
  const facts = readPixelFormat(name);
  // The scaler takes every grey picture for full range; told that the result is full too, it changes no value.
  const isFull = facts.isGray || picture.colour.range === AVCOL_RANGE_JPEG;
  const wasFull = facts.isGray || facts.isRgb || name.startsWith('yuvj') || range === AVCOL_RANGE_JPEG;
  const ranges = `in_range=${wasFull ? 'full' : 'limited'}:out_range=${isFull ? 'full' : 'limited'}`;
  const matrix = facts.isRgb ? `:out_color_matrix=${matrixName(picture.colour.matrix)}` : '';
  return [
    ['scale', `w=${width}:h=${height}:flags=bicubic+accurate_rnd+bitexact:${ranges}${matrix}`],
    encoderFormat(picture.bitDepth),
  ];
}

/** The format that encoders take. */
export function encoderFormat(bitDepth: 8 | 10): FilterStep {
  return [
    'format',
    `pix_fmts=${avGetPixFmtName(bitDepth === 10 ? AV_PIX_FMT_YUV420P10LE : AV_PIX_FMT_YUV420P)}`,
  ];
}

/** The filter's names for the matrices of H.273 that RGB is turned into. */
function matrixName(matrix: number): string {
  if (matrix === 9) return 'bt2020nc';
  if (matrix === 5 || matrix === 6) return 'smpte170m';
  return 'bt709';
}
