import { expect, test } from 'vitest';
import { parseScoreTarget } from '../../src/quality/score-target.ts';

test('a single score is met to within the tolerance, a range anywhere inside', () => {
  expect(parseScoreTarget('vmaf=95')).toMatchObject({ metric: 'vmaf', aim: 95, least: 94.6, most: 95.4 });
  expect(parseScoreTarget('ssim=17.5')).toMatchObject({ metric: 'ssim', aim: 17.5 });
  expect(parseScoreTarget('xpsnr=38-40')).toMatchObject({ metric: 'xpsnr', aim: 39, least: 38, most: 40 });
  expect(parseScoreTarget('ssimulacra2=80')).toMatchObject({ metric: 'ssimulacra2', aim: 80 });
});

test.each(['vmaf', 'vmaf=', 'vmaf=abc', 'butter=3', 'vmaf=95-'])('%s is no target', (text) => {
  expect(() => parseScoreTarget(text)).toThrow(/A target is vmaf=SCORE/);
});

test.each(['vmaf=100', 'vmaf=0', 'xpsnr=61', 'vmaf=90-101'])('%s is not to be had', (text) => {
  expect(() => parseScoreTarget(text)).toThrow(/is not to be had: expected at least/);
});

test('a range must leave room', () => {
  expect(() => parseScoreTarget('vmaf=95-95')).toThrow(/too narrow/);
  expect(() => parseScoreTarget('vmaf=96-94')).toThrow(/too narrow/);
});

test('a tolerance of one’s own holds for a single number, and contradicts a range', () => {
  expect(parseScoreTarget('vmaf=95', { tolerance: 1 })).toMatchObject({ aim: 95, least: 94, most: 96 });
  expect(() => parseScoreTarget('vmaf=94-96', { tolerance: 1 })).toThrow(/leave out the tolerance/);
});
