import type { Colour, PictureSize, VideoFacts } from '../media/source-video.ts';
import type { PictureShape } from './filter-definition.ts';
import type { ToneCurve } from './filters/tonemap.ts';
import { filterOf, type PictureFilter, shapeBehind } from './picture-filters.ts';

/** What the user wants of the picture. */
export interface PictureWishes {
  /** `--crop-override`: written by hand, options may be left out. */
  readonly filters: readonly PictureFilter[];
  readonly autocrop: boolean;
  readonly scale: ScaleWish | null;
  readonly denoise: DenoiseLevel | null;
  readonly deinterlace: 'auto' | 'no';
  readonly tonemap: ToneCurve | null;
}

/** The picture as it is; fields become frames where the source is interlaced. */
export const NO_WISHES: PictureWishes = {
  filters: [],
  autocrop: false,
  scale: null,
  denoise: null,
  deinterlace: 'auto',
  tonemap: null,
};

/** The side that is null follows from the other one and the picture's shape. */
export interface ScaleWish {
  readonly width: number | null;
  readonly height: number | null;
}

export const DENOISE_LEVELS = ['light', 'medium', 'strong'] as const;
export type DenoiseLevel = (typeof DENOISE_LEVELS)[number];

/** Where black bars leave the picture: even numbers. */
export interface CropPlace extends PictureSize {
  readonly x: number;
  readonly y: number;
}

/** hqdn3d's own defaults in the middle, half and twice of them beside. */
const DENOISE: Readonly<Record<DenoiseLevel, readonly [number, number, number, number]>> = {
  light: [2, 1.5, 3, 2.25],
  medium: [4, 3, 6, 4.5],
  strong: [8, 6, 12, 9],
};

/**
 * The chain of filters that the wishes mean for a source: fields first, then what is cut off, then colour, the user's own,
 * and size last.
 *
 * @param shape of the picture before the first filter.
 * @param bars what `--autocrop` found to be picture; null where nothing is to be cut.
 * @throws a sentence when a filter does not fit the picture.
 */
export function planFilters(
  { isInterlaced, colour }: Pick<VideoFacts, 'isInterlaced' | 'colour'>,
  wishes: PictureWishes,
  shape: PictureShape,
  bars: CropPlace | null,
): PictureFilter[] {
  const { deinterlace, tonemap, filters, denoise, scale } = wishes;
  const chain = new FilterChain(shape, colour);
  if (deinterlace === 'auto' && isInterlaced) chain.add({ name: 'bwdif', options: { deint: 'interlaced' } });
  if (bars !== null) chain.add(cropTo(bars));
  if (tonemap !== null) chain.add({ name: 'tonemap', options: { tonemap } });
  for (const filter of filters) chain.add(filter);
  if (denoise !== null) chain.add(denoiseBy(denoise));
  const size = scale === null ? chain.shape : scaledSize(scale, chain.shape);
  if (!isSameSize(size, chain.shape)) {
    chain.add({ name: 'scale', options: { w: String(size.width), h: String(size.height) } });
  }
  return chain.filters;
}

function cropTo({ width, height, x, y }: CropPlace): PictureFilter {
  return { name: 'crop', options: { w: String(width), h: String(height), x: String(x), y: String(y) } };
}

function denoiseBy(level: DenoiseLevel): PictureFilter {
  const [luma_spatial, chroma_spatial, luma_tmp, chroma_tmp] = DENOISE[level].map(String) as [
    string,
    string,
    string,
    string,
  ];
  return { name: 'hqdn3d', options: { luma_spatial, chroma_spatial, luma_tmp, chroma_tmp } };
}

function scaledSize({ width, height }: ScaleWish, before: PictureSize): PictureSize {
  return {
    width: width ?? nearestEven(((height ?? before.height) * before.width) / before.height),
    height: height ?? nearestEven(((width ?? before.width) * before.height) / before.width),
  };
}

function nearestEven(length: number): number {
  return Math.max(2, 2 * Math.round(length / 2));
}

function isSameSize(a: PictureSize, b: PictureSize): boolean {
  return a.width === b.width && a.height === b.height;
}

/** Grows by one filter after another, each completed by the picture as it stands there. */
class FilterChain {
  readonly filters: PictureFilter[] = [];
  readonly #colour: Colour;
  shape: PictureShape;

  constructor(shape: PictureShape, colour: Colour) {
    this.shape = shape;
    this.#colour = colour;
  }

  add({ name, options }: PictureFilter): void {
    const { complete } = filterOf(name);
    const filter = {
      name,
      options: complete?.(options, { size: this.shape, colour: this.#colour }) ?? options,
    };
    this.shape = shapeBehind([filter], this.shape);
    this.filters.push(filter);
  }
}
