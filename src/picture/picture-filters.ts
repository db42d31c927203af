import { describeRule, plainValue } from '../encoder/params.ts';
import type { PictureSize } from '../media/source-video.ts';
import type { FilterDefinition, FilterOptions, PictureShape } from './filter-definition.ts';
import { bwdif } from './filters/bwdif.ts';
import { crop } from './filters/crop.ts';
import { hqdn3d, nlmeans } from './filters/denoise.ts';
import { scale } from './filters/scale.ts';
import { unsharp } from './filters/sharpen.ts';
import { tonemap } from './filters/tonemap.ts';
import { hflip, transpose, vflip } from './filters/turn.ts';

/** The allowlist: filters that keep every frame and read no file. */
const FILTERS = { crop, scale, bwdif, hqdn3d, nlmeans, unsharp, hflip, vflip, transpose, tonemap } as const;

export type FilterName = keyof typeof FILTERS;
export const FILTER_NAMES = Object.keys(FILTERS) as FilterName[];

/** One filter of a picture's chain. Typed data that crosses the wire; each peer builds FFmpeg's text from it. */
export interface PictureFilter {
  readonly name: FilterName;
  readonly options: FilterOptions;
}

/** A chain of filters and the pictures it is for. */
export interface Filtering {
  /** What every frame is brought to before the first filter: the source's even crop. */
  readonly input: PictureSize;
  readonly filters: readonly PictureFilter[];
}

/** More are no picture's need; a bound for what crosses the wire. */
export const MAX_FILTERS = 16;

export function filterOf(name: FilterName): FilterDefinition {
  return FILTERS[name];
}

export function isFilterName(name: string): name is FilterName {
  return Object.hasOwn(FILTERS, name);
}

/**
 * An option of a filter in its plainest form.
 *
 * @throws a sentence: what was got, what was expected.
 */
export function checkedOption(name: FilterName, key: string, value: string): string {
  const { params } = filterOf(name);
  const rule = Object.hasOwn(params, key) ? params[key] : undefined;
  if (rule === undefined) {
    const known = Object.keys(params).join(', ') || 'none';
    throw new Error(`The filter ${name} has no option ${key} here. Its options: ${known}.`);
  }
  const plain = plainValue(rule, value);
  if (plain !== null) return plain;
  throw new Error(`The filter ${name} got ${key}=${value}, expected ${describeRule(rule)}.`);
}

/** The picture's shape behind a chain of filters, which is checked on the way. Throws a sentence. */
export function shapeBehind(filters: readonly PictureFilter[], shape: PictureShape): PictureShape {
  if (filters.length > MAX_FILTERS) {
    throw new Error(`The picture has ${filters.length} filters, at most ${MAX_FILTERS} are taken.`);
  }
  return filters.reduce((before, { name, options }) => {
    const missing = filterOf(name).required.find((key) => !Object.hasOwn(options, key));
    if (missing !== undefined) throw new Error(`The filter ${name} does not say ${missing}.`);
    for (const [key, value] of Object.entries(options)) {
      const plain = checkedOption(name, key, value);
      if (plain !== value) throw new Error(`The filter ${name} has ${key}=${value}, expected ${plain}.`);
    }
    return filterOf(name).reshape(before, options);
  }, shape);
}

/** Checks a chain that came as data: its options, and that it leads to the picture's size. Throws a sentence. */
export function checkFiltering({ input, filters }: Filtering, { width, height }: PictureSize): void {
  const behind = shapeBehind(filters, { ...input, sampleAspectRatio: { num: 1, den: 1 } });
  if (behind.width === width && behind.height === height) return;
  throw new Error(
    `The filters make a picture of ${behind.width}x${behind.height}, expected ${width}x${height}.`,
  );
}

/** Whether the chain mixes frames with those before. */
export function isBlended(filtering: Filtering | null): boolean {
  return filtering?.filters.some(({ name }) => filterOf(name).blendsFrames) ?? false;
}

/** A filter in FFmpeg's words, for people. */
export function describeFilter({ name, options }: PictureFilter): string {
  const values = Object.entries(options).map(([key, value]) => `${key}=${value}`);
  return values.length === 0 ? name : `${name}=${values.join(':')}`;
}
