import { expect, test } from 'vitest';
import { pictureInside } from '../../src/picture/bars.ts';
import { parseFilters } from '../../src/picture/parse-filters.ts';
import { checkFiltering, type PictureFilter, shapeBehind } from '../../src/picture/picture-filters.ts';
import { NO_WISHES, type PictureWishes, planFilters } from '../../src/picture/plan-filters.ts';

const SQUARE = { num: 1, den: 1 };
const HD = { width: 1920, height: 1080, sampleAspectRatio: SQUARE };
const SDR = { primaries: 1, transfer: 1, matrix: 1, range: 1, chromaLocation: 1 };
const PQ = { primaries: 9, transfer: 16, matrix: 9, range: 1, chromaLocation: 1 };

function plan(wishes: Partial<PictureWishes>, video = { isInterlaced: false, colour: SDR }, shape = HD) {
  return planFilters(video, { ...NO_WISHES, ...wishes }, shape, null);
}

const names = (filters: readonly PictureFilter[]): string[] => filters.map(({ name }) => name);

test('nothing wished, nothing done', () => {
  expect(plan({})).toEqual([]);
});

test('fields first, bars, colour, the user own filters, noise and size last', () => {
  const wishes = {
    ...NO_WISHES,
    filters: parseFilters('hflip'),
    denoise: 'light',
    scale: { width: 1280, height: null },
    tonemap: 'hable',
  } as const;
  const bars = { width: 1920, height: 800, x: 0, y: 140 };
  const filters = planFilters({ isInterlaced: true, colour: PQ }, wishes, HD, bars);
  expect(names(filters)).toEqual(['bwdif', 'crop', 'tonemap', 'hflip', 'hqdn3d', 'scale']);
  expect(filters.at(-1)?.options).toEqual({ w: '1280', h: '534' });
  expect(filters[2]?.options).toEqual({ tonemap: 'hable', transfer: 'smpte2084' });
});

test('an interlaced source stays so when asked', () => {
  expect(plan({ deinterlace: 'no' }, { isInterlaced: true, colour: SDR })).toEqual([]);
});

test('a crop without a place is in the middle, at even numbers', () => {
  const [crop] = plan({ filters: parseFilters('crop=1912:798') });
  expect(crop?.options).toEqual({ w: '1912', h: '798', x: '4', y: '140' });
});

test('a size that the picture has already needs no filter', () => {
  expect(plan({ scale: { width: null, height: 1080 } })).toEqual([]);
});

test('sides that do not change alike change the shape of samples, rounding does not', () => {
  const behind = (text: string) => shapeBehind(parseFilters(text), HD).sampleAspectRatio;
  expect(behind('scale=1280:720')).toEqual(SQUARE);
  expect(behind('scale=1280:722')).toEqual(SQUARE);
  expect(behind('scale=1440:1080')).toEqual({ num: 4, den: 3 });
  expect(
    shapeBehind(parseFilters('transpose=clock'), { ...HD, sampleAspectRatio: { num: 4, den: 3 } }),
  ).toEqual({
    width: 1080,
    height: 1920,
    sampleAspectRatio: { num: 3, den: 4 },
  });
});

test.each([
  ['crop=1921:100:0:0', /odd numbers/],
  ['crop=1920:100:2:0', /reaches beyond the picture of 1920x1080/],
  ['scale=1280:721', /odd side/],
])('%s does not fit', (text, words) => {
  expect(() => plan({ filters: parseFilters(text) })).toThrow(words);
});

test('tones are mapped from HDR only', () => {
  expect(() => plan({ tonemap: 'hable' })).toThrow(/says nothing of HDR/);
});

test('a chain off the wire must lead to the picture that goes with it', () => {
  const filters = parseFilters('crop=100:100:0:0');
  expect(() => checkFiltering({ input: HD, filters }, { width: 100, height: 100 })).not.toThrow();
  expect(() => checkFiltering({ input: HD, filters }, { width: 102, height: 100 })).toThrow(
    /expected 102x100/,
  );
  const bare: PictureFilter = { name: 'crop', options: { w: '100', h: '100' } };
  expect(() => checkFiltering({ input: HD, filters: [bare] }, { width: 100, height: 100 })).toThrow();
});

test('of black bars the least crop wins, black frames say nothing', () => {
  const box = (left: number, top: number, right: number, bottom: number) => ({ left, top, right, bottom });
  const black = box(1919, 1079, 0, 0);
  const size = { width: 1920, height: 1080 };
  const wide = box(0, 140, 1919, 939);
  expect(pictureInside([black, wide, wide, box(200, 300, 900, 800)], size)).toEqual({
    width: 1920,
    height: 800,
    x: 0,
    y: 140,
  });
  expect(pictureInside([wide, wide, box(0, 139, 1919, 938)], size)).toMatchObject({ y: 138, height: 802 });
  expect(pictureInside([wide, wide, box(0, 0, 1919, 1079)], size)).toBeNull();
  expect(pictureInside([black, black, black, wide], size)).toBeNull();
  // A title on black is no picture between bars.
  expect(
    pictureInside(
      [1, 2, 3, 4].map(() => box(900, 500, 1000, 560)),
      size,
    ),
  ).toBeNull();
});
