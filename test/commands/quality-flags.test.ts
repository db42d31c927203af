import { Command } from 'commander';
import { describe, expect, test } from 'vitest';
import { encoderOptionsOf } from '../../node/commands/encoder-flags.ts';
import { addJobFlags, jobOptionsOf } from '../../node/commands/job-flags.ts';
import { aimsOf, type QualityFlags } from '../../node/commands/quality-flags.ts';
import { encoderOf } from '../../src/encoder/encoders.ts';

const SVT = encoderOf('svt-av1');

/** Every key that is tried of x264. */
const X264_ALL = 'aq-mode=1:psy=1:bframes=3:mbtree=1:qcomp=0.6:trellis=1';

test.each<[QualityFlags & { crf?: number }, RegExp]>([
  [{ allocate: true }, /--allocate says how a goal is met, not which/],
  [{ allocate: true, crf: 30 }, /--crf and --allocate contradict each other/],
  [{ allocate: true, vmaf: '94-96' }, /aims at one mean score, not at a range; give 95/],
  [{ allocate: true, vmaf: '95', tolerance: 1 }, /--tolerance and --allocate contradict each other/],
  [{ allocate: true, vmaf: '95', pool: { type: 'minimum' } }, /--pool and --allocate contradict each other/],
  [
    { allocate: true, vmaf: '95', metric: 'ssim' },
    /--metric means nothing without --autoparam, or --allocate with/,
  ],
  [{ bitrate: 900, metric: 'ssim' }, /--metric means nothing without --autoparam/],
  [{ allocate: true, bitrate: 900, metric: 'ssim', vmafModel: '4k' }, /--vmaf-model means nothing for ssim/],
  [{ allocate: true, bitrate: 900, targetSize: 5 }, /contradict each other/],
  [{ targetSize: 0 }, /--target-size 0 leaves no room/],
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

describe('how a score is met', () => {
  const optionsOf = (zones: string | null, ...flags: string[]) => {
    const command = new Command();
    addJobFlags(command);
    command.parse(['--crf', '30', '--zones', 'zones.json', ...flags], { from: 'user' });
    return jobOptionsOf(command.opts(), null, zones);
  };

  test('may be said where only a zone has one', () => {
    const zones = '[{"start": 0, "end": 48, "vmaf": 96}]';
    const details = ['--pool', 'p5', '--tolerance', '1', '--vmaf-model', 'neg', '--max-crf', '40'];
    expect(optionsOf(zones, ...details).zones).toMatchObject([
      { target: { pooling: { type: 'percentile' }, least: 95, model: 'neg', maxCrf: 40 } },
    ]);
    // Before they were read nobody knows.
    expect(optionsOf(null, ...details).zones).toEqual([]);
  });

  test('means nothing where no zone has one, either', () => {
    const zones = '[{"start": 0, "end": 48, "crf": 20}]';
    expect(() => optionsOf(zones, '--pool', 'p5')).toThrow(/--pool means nothing without --vmaf or --target/);
  });
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

describe('--autoparam', () => {
  test('compares by the score that is aimed at, else by VMAF or --metric', () => {
    const model = 'auto';
    const trialOf = (flags: QualityFlags & { crf?: number }) =>
      encoderOptionsOf({ autoparam: true, ...flags }).autoparam;
    expect(trialOf({ crf: 30 })).toEqual({ metric: 'vmaf', model });
    expect(trialOf({ crf: 30, vmafModel: 'neg' })).toEqual({ metric: 'vmaf', model: 'neg' });
    expect(trialOf({ bitrate: 900, metric: 'xpsnr' })).toEqual({ metric: 'xpsnr', model });
    expect(trialOf({ target: 'ssim=17' })).toEqual({ metric: 'ssim', model });
    expect(trialOf({ target: 'psnr=42', allocate: true })).toEqual({ metric: 'psnr', model });
    expect(trialOf({ autoparam: false, crf: 30 })).toBeNull();
  });

  test.each<[Parameters<typeof encoderOptionsOf>[0], RegExp]>([
    [{ encoder: 'av1-nvenc' }, /--autoparam knows no options of .* that are worth trying/],
    [{ encoder: 'x264', encoderParams: X264_ALL }, /--encoder-params sets all that --autoparam would try/],
    [{ vmaf: '95', metric: 'ssim' }, /a score says itself what it is of/],
    [{ metric: 'ssim', vmafModel: '4k' }, /--vmaf-model means nothing for ssim/],
  ])('with %o is refused', (flags, words) => {
    expect(() => encoderOptionsOf({ autoparam: true, ...flags })).toThrow(words);
  });
});
