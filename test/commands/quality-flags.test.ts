import { expect, test } from 'vitest';
import { aimsOf, type QualityFlags } from '../../node/commands/quality-flags.ts';
import { encoderOf } from '../../src/encoder/encoders.ts';

const SVT = encoderOf('svt-av1');

test.each<[QualityFlags & { crf?: number }, RegExp]>([
  [{ allocate: true }, /--allocate says how a goal is met, not which/],
  [{ allocate: true, crf: 30 }, /--crf and --allocate contradict each other/],
  [{ allocate: true, vmaf: '94-96' }, /aims at one mean score, not at a range; give 95/],
  [{ allocate: true, vmaf: '95', tolerance: 1 }, /--tolerance and --allocate contradict each other/],
  [{ allocate: true, vmaf: '95', pool: { type: 'minimum' } }, /--pool and --allocate contradict each other/],
  [{ allocate: true, vmaf: '95', metric: 'ssim' }, /--metric means nothing without --allocate and --bitrate/],
  [{ bitrate: 900, metric: 'ssim' }, /--metric means nothing without --allocate/],
  [{ allocate: true, bitrate: 900, metric: 'ssim', vmafModel: '4k' }, /--vmaf-model means nothing for ssim/],
  [{ allocate: true, bitrate: 900, targetSize: 5 }, /contradict each other/],
  [{ autobitrate: true }, /say how many with --bitrate or --target-size/],
  [{ autobitrate: true, vmaf: '95' }, /say how many with --bitrate or --target-size/],
  [{ autobitrate: true, allocate: true, bitrate: 900 }, /--allocate and --autobitrate contradict each other/],
  [{ autobitrateladder: true }, /looks for the bitrate of a score/],
  [{ autobitrateladder: true, bitrate: 900 }, /looks for the bitrate of a score/],
  [{ autobitrateladder: true, vmaf: '94-96' }, /--autobitrateladder aims at one mean score/],
  [{ autobitrateladder: true, vmaf: '95', allocate: true }, /--autobitrateladder and --allocate contradict/],
  [{ bitrate: 900, ssimDbTarget: 17 }, /--ssim-db-target means nothing without --autobitrate/],
  [{ autobitrate: true, bitrate: 900, ssimDbTarget: 99 }, /99 dB is not to be had/],
])('%o is refused', (flags, words) => {
  expect(() => aimsOf(flags, SVT)).toThrow(words);
});

test('--allocate takes the goal that is given, and its metric', () => {
  const bounds = { rule: { type: 'slope' }, minCrf: null, maxCrf: 40 };
  const ofScore = aimsOf({ allocate: true, target: 'psnr=42', maxCrf: 40 }, SVT);
  const none = { target: null, budget: null, ladder: null };
  const allocation = { goal: { type: 'score', aim: 42 }, metric: 'psnr', model: 'auto', ...bounds };
  expect(ofScore).toEqual({ ...none, allocation });
  const ofBytes = aimsOf({ allocate: true, targetSize: 7e6, vmafModel: '4k', maxCrf: 40 }, SVT);
  const sized = { goal: { type: 'size', bytes: 7e6 }, metric: 'vmaf', model: '4k', ...bounds };
  expect(ofBytes).toEqual({ ...none, allocation: sized });
  expect(aimsOf({ allocate: false, bitrate: 900 }, SVT)).toMatchObject({ allocation: null });
});

test('--autobitrate shares out the bitrate by SSIM', () => {
  const aims = aimsOf({ autobitrate: true, bitrate: 900, ssimDbTarget: 17.5 }, SVT);
  expect(aims).toEqual({
    ...{ target: null, budget: null, ladder: null },
    allocation: {
      rule: { type: 'equal', mostScore: 17.5 },
      goal: { type: 'bitrate', kbps: 900 },
      ...{ metric: 'ssim', model: 'auto', minCrf: null, maxCrf: null },
    },
  });
});

test('--autobitrateladder takes the score for its samples', () => {
  expect(aimsOf({ autobitrateladder: true, vmaf: '95', minCrf: 20 }, SVT)).toEqual({
    ...{ target: null, budget: null, allocation: null },
    ladder: { metric: 'vmaf', aim: 95, model: 'auto', minCrf: 20, maxCrf: null },
  });
});
