import { describe, expect, test } from 'vitest';
import { ENCODERS, encoderOf } from '../../src/encoder/encoders.ts';
import { checkEncoderParams } from '../../src/encoder/params.ts';
import {
  candidatesOf,
  chooseParams,
  combineWinners,
  judge,
  type ParamEvidence,
  type SampleCurves,
  trialCrfs,
} from '../../src/quality/param-trial.ts';
import { MAX_VARIANTS } from '../../src/zones/coding-variants.ts';

/** Bytes and VMAF at CRF 29, 35 and 41. */
type Recorded = readonly (readonly [bytes: number, score: number])[];

function curves(samples: readonly Recorded[]): SampleCurves {
  return new Map(
    samples.map((points, chunk) => [
      chunk,
      points.map(([bytes, score], place) => ({ crf: 29 + 6 * place, bytes, score })),
    ]),
  );
}

/** Five chunks of Big Buck Bunny in 640x360, of 24 frames and fewer, by the embedded SVT-AV1 3.1.2 at preset 10. */
const OWN = curves([
  [
    [43031, 93.83],
    [31305, 92.04],
    [24021, 90.68],
  ],
  [
    [63728, 95.7],
    [51618, 94.51],
    [42337, 93.76],
  ],
  [
    [139706, 94.24],
    [107208, 92.84],
    [82658, 90.69],
  ],
  [
    [118682, 93.86],
    [95518, 92.9],
    [76351, 91.54],
  ],
  [
    [120378, 93.83],
    [97130, 92.58],
    [75557, 90.56],
  ],
]);
const QM_0 = curves([
  [
    [35946, 92.92],
    [27960, 91.19],
    [21497, 89.44],
  ],
  [
    [56324, 94.89],
    [46726, 93.85],
    [39466, 92.62],
  ],
  [
    [122390, 93.65],
    [96412, 92.1],
    [75136, 90.07],
  ],
  [
    [102064, 93.33],
    [83889, 92.33],
    [67792, 90.93],
  ],
  [
    [102848, 93.18],
    [84698, 91.88],
    [66577, 90],
  ],
]);
const QM_8 = curves([
  [
    [40557, 93.94],
    [30080, 92.1],
    [23413, 90.59],
  ],
  [
    [59402, 95.48],
    [48540, 94.49],
    [40651, 93.29],
  ],
  [
    [132607, 94.17],
    [102549, 92.73],
    [78375, 90.72],
  ],
  [
    [111463, 93.73],
    [90731, 92.89],
    [71943, 91.49],
  ],
  [
    [113681, 93.78],
    [92006, 92.42],
    [71825, 90.49],
  ],
]);
const AQ_0 = curves([
  [
    [51688, 93.64],
    [35563, 91.71],
    [22772, 88.75],
  ],
  [
    [78217, 96.15],
    [52360, 94.26],
    [32873, 91.38],
  ],
  [
    [162441, 94.39],
    [106111, 92.39],
    [68131, 89.58],
  ],
  [
    [150653, 94.27],
    [97733, 92.69],
    [59671, 89.81],
  ],
  [
    [155823, 93.98],
    [101860, 92.1],
    [62416, 89.35],
  ],
]);

/** The same film with each sample of another size. */
function scaled(samples: SampleCurves, by: readonly number[]): SampleCurves {
  return new Map(
    [...samples].map(([chunk, points]) => [
      chunk,
      points.map((point) => ({ ...point, bytes: point.bytes * (by[chunk] ?? 1) })),
    ]),
  );
}

describe('a candidate', () => {
  test('is kept for what it saves over the samples’ bits', () => {
    const mild = judge({ 'qm-min': '8' }, OWN, QM_8, 1.04);
    expect(mild.verdict).toBe('kept');
    expect(mild.bdRate).toBeCloseTo(-0.04, 2);
    expect(mild.samples).toHaveLength(5);
    expect(Math.max(...mild.samples)).toBeLessThan(-0.03);
    const strong = judge({ 'qm-min': '0' }, OWN, QM_0, 1.01);
    expect(strong.bdRate).toBeGreaterThan(mild.bdRate ?? 0);
    expect(judge({ 'aq-mode': '0' }, OWN, AQ_0, 1.03)).toMatchObject({ verdict: 'little' });
    expect(judge({}, OWN, OWN, 1)).toMatchObject({ bdRate: 0, verdict: 'little' });
  });

  test('is not kept where it takes too long, or wins by few samples alone', () => {
    expect(judge({}, OWN, QM_8, 1.31).verdict).toBe('slow');
    expect(judge({}, OWN, QM_8, null)).toMatchObject({ verdict: 'kept', timeRatio: null });
    const oneWins = scaled(OWN, [1, 1, 0.8, 1.01, 1.01]);
    const uneven = judge({}, OWN, oneWins, 1);
    expect(uneven.bdRate).toBeLessThan(-0.05);
    expect(uneven.verdict).toBe('uneven');
  });

  test('is judged by the samples that can be compared, and not by fewer than half', () => {
    const still: SampleCurves = new Map([...OWN].map(([chunk, points]) => [chunk, chunk < 2 ? [] : points]));
    expect(judge({}, still, QM_8, 1)).toMatchObject({ verdict: 'kept', samples: { length: 3 } });
    const black: SampleCurves = new Map([...OWN].map(([chunk, points]) => [chunk, chunk < 3 ? [] : points]));
    expect(judge({}, black, QM_8, 1)).toMatchObject({ verdict: 'unclear', bdRate: null });
  });
});

function evidence(
  params: ParamEvidence['params'],
  bdRate: number,
  verdict: ParamEvidence['verdict'] = 'kept',
) {
  return { params, bdRate, samples: [bdRate], timeRatio: 1, verdict } satisfies ParamEvidence;
}

describe('the winners', () => {
  const candidates = [
    { kind: 0, params: { qm: '0' } },
    { kind: 0, params: { qm: '8' } },
    { kind: 1, params: { tune: '0' } },
    { kind: 2, params: { tf: '0' } },
  ];
  const single = [
    evidence({ qm: '0' }, -0.02),
    evidence({ qm: '8' }, -0.04),
    evidence({ tune: '0' }, -0.01),
    evidence({ tf: '0' }, 0.03, 'little'),
  ];

  test('are tried together, the best of each kind', () => {
    expect(combineWinners(candidates, single)).toEqual({ qm: '8', tune: '0' });
    expect(combineWinners(candidates.slice(0, 2), single.slice(0, 2))).toBeNull();
    expect(
      combineWinners(
        candidates,
        single.map((one) => ({ ...one, verdict: 'slow' as const })),
      ),
    ).toBeNull();
  });

  test('are taken together only where that is better than the best alone', () => {
    const both = { qm: '8', tune: '0' };
    const better = chooseParams([...single, evidence(both, -0.045)]);
    expect(better.chosen).toEqual(both);
    expect(better.evidence.map(({ verdict }) => verdict)).toEqual([
      'beaten',
      'kept',
      'kept',
      'little',
      'kept',
    ]);
    const worse = chooseParams([...single, evidence(both, -0.03)]);
    expect(worse.chosen).toEqual({ qm: '8' });
    expect(worse.evidence.map(({ verdict }) => verdict)).toEqual([
      'beaten',
      'kept',
      'beaten',
      'little',
      'beaten',
    ]);
    expect(chooseParams(single.slice(3)).chosen).toEqual({});
  });
});

test('CRFs of a trial lie around the asked one, within the range', () => {
  const range = { min: 1, max: 63, step: 1 };
  expect(trialCrfs(35, range)).toEqual([29, 35, 41]);
  expect(trialCrfs(3, range)).toEqual([1, 7, 13]);
  expect(trialCrfs(62, range)).toEqual([51, 57, 63]);
  expect(trialCrfs(30, { ...range, min: 30, max: 31 })).toEqual([30, 31]);
});

describe('what is tried of an encoder', () => {
  test.each(Object.entries(ENCODERS))('%s is on its allowlist, and fits in a message', (_, encoder) => {
    const all = encoderOf(_ as keyof typeof ENCODERS).alternatives?.flat() ?? [];
    for (const params of all) checkEncoderParams(params, encoder);
    expect(all.length).toBeLessThanOrEqual(MAX_VARIANTS);
  });

  test('is nothing that the user set', () => {
    const svt = encoderOf('svt-av1');
    const keysOf = (taken: Record<string, string>) =>
      candidatesOf(svt, taken).flatMap(({ params }) => Object.keys(params));
    expect(keysOf({})).toContain('tune');
    expect(keysOf({ tune: '1', 'qm-min': '4' })).not.toContain('tune');
    // One of two keys is enough: a mixture was not asked for.
    expect(keysOf({ tune: '1', 'qm-min': '4' })).not.toContain('enable-qm');
  });
});
