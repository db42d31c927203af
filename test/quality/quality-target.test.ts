import { expect, test } from 'vitest';
import { measureName } from '../../src/quality/measure.ts';
import { crfRangeFor, firstGuess, measureFor } from '../../src/quality/quality-target.ts';
import { parseScoreTarget } from '../../src/quality/score-target.ts';

const SVT = { name: 'CRF', min: 1, max: 63, decimals: 0 };
const X264 = { name: 'CRF', min: 1, max: 51, decimals: 1 };
const ANY = { minCrf: null, maxCrf: null };
const SDR = { colour: { primaries: 1, transfer: 1, matrix: 1, range: 1, chromaLocation: 1 } };

test('the ends of an encoder’s scale are not searched unless they are named', () => {
  expect(crfRangeFor(ANY, SVT)).toEqual({ min: 7, max: 51, step: 1 });
  expect(crfRangeFor({ minCrf: 1, maxCrf: 63 }, SVT)).toEqual({ min: 1, max: 63, step: 1 });
  expect(crfRangeFor({ minCrf: 18.5, maxCrf: null }, X264)).toEqual({ min: 18.5, max: 41, step: 0.5 });
  expect(crfRangeFor({ minCrf: 60, maxCrf: null }, SVT)).toEqual({ min: 60, max: 60, step: 1 });
});

test('bounds that the encoder does not have, or that leave nothing, are refused', () => {
  expect(() => crfRangeFor({ minCrf: 0, maxCrf: null }, SVT)).toThrow(/is CRF 0, expected one from 1 to 63/);
  expect(() => crfRangeFor({ minCrf: 20.5, maxCrf: null }, SVT)).toThrow(/in steps of 1/);
  expect(() => crfRangeFor({ minCrf: 40, maxCrf: 30 }, SVT)).toThrow(/swap the two bounds/);
});

test('the first guess is lower for a better score', () => {
  const at = (aim: number) => firstGuess(parseScoreTarget(`vmaf=${aim}`), SVT, 32).crf;
  expect(at(97)).toBeLessThan(at(90));
});

test('the model follows the size, and scores of different models are kept apart', () => {
  const target = { ...parseScoreTarget('vmaf=95'), model: 'auto', ...ANY } as const;
  const nameAt = (width: number, height: number) =>
    measureName(measureFor(target, { ...SDR, width, height }));
  for (const [width, height] of [
    [1920, 1080],
    [640, 360],
    [2048, 1080],
    // A telephone held upright.
    [1080, 1920],
  ] as const)
    expect(nameAt(width, height)).toBe('vmaf-hd');
  for (const [width, height] of [
    [3840, 2160],
    // Without its bars.
    [3840, 1600],
    [3840, 1392],
    [2160, 3840],
  ] as const)
    expect(nameAt(width, height)).toBe('vmaf-4k');
  expect(measureName({ metric: 'xpsnr' })).toBe('xpsnr');
});

test.each([
  [34, 18],
  [32, 64],
])(
  'a picture of %dx%d, which libvmaf does not score, is refused before anything is tried',
  (width, height) => {
    const target = { ...parseScoreTarget('vmaf=95'), model: 'phone', ...ANY } as const;
    expect(() => measureFor(target, { ...SDR, width, height })).toThrow(
      `VMAF says nothing of a picture of ${width}x${height}`,
    );
    expect(measureFor(target, { ...SDR, width: 64, height: 34 })).toEqual({ metric: 'vmaf', model: 'phone' });
  },
);

test('a picture that XPSNR cannot score is refused before anything is tried', () => {
  const target = { ...parseScoreTarget('xpsnr=40'), model: 'auto', ...ANY } as const;
  const at = (width: number, height: number) => measureFor(target, { ...SDR, width, height });
  // 4K has blocks of 128 pixels: 2162 rows leave a block of 114, 2178 one of two.
  for (const height of [360, 720, 1080, 2160, 2162])
    expect(at((height * 16) / 9, height)).toEqual({ metric: 'xpsnr' });
  for (const [width, height] of [
    [45, 44],
    [3840, 2178],
    [2560, 1082],
  ] as const) {
    expect(() => at(width, height)).toThrow(`nothing of a picture of ${width}x${height}`);
  }
  expect(measureFor({ ...target, metric: 'ssim' }, { ...SDR, width: 16, height: 16 })).toEqual({
    metric: 'ssim',
  });
});

test('SSIMULACRA2 is of SDR pictures alone', () => {
  const target = { ...parseScoreTarget('ssimulacra2=80'), model: 'auto', ...ANY } as const;
  const at = (transfer: number) =>
    measureFor(target, { ...SDR, width: 16, height: 16, colour: { ...SDR.colour, transfer } });
  expect(at(1)).toEqual({ metric: 'ssimulacra2' });
  for (const transfer of [16, 18]) expect(() => at(transfer)).toThrow(/nothing of HDR .* --tonemap/);
});
