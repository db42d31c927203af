import { expect, test } from 'vitest';
import {
  createFilmSearch,
  forgetProbe,
  nextStep,
  noteProbe,
  probesOf,
  trialOf,
} from '../../src/quality/film-search.ts';

const BAND = { metric: 'psnr', aim: 95, least: 94.6, most: 95.4 } as const;
const RANGE = { min: 1, max: 63, step: 1 };
const START = { crf: 32, scorePerCrf: 0.4 };

function search() {
  return createFilmSearch(BAND, RANGE, START);
}

test('a chunk begins nearer to where the film’s latest chunks would have met the aim', () => {
  const film = search();
  expect(nextStep(film, 0)).toEqual({ probe: 32 });
  noteProbe(film, 0, { crf: 32, score: 97 });
  // Not settled, and a hint for the others all the same.
  expect(nextStep(film, 1)).toEqual({ probe: 35 });
});

test('whoever tries a chunk meanwhile tries the same, until it was scored', () => {
  const film = search();
  expect(trialOf(film, 1)).toBe(32);
  noteProbe(film, 0, { crf: 32, score: 97 });
  expect(trialOf(film, 1)).toBe(32);
  noteProbe(film, 1, { crf: 32, score: 93 });
  expect(trialOf(film, 1)).toBeLessThan(32);
});

test('the same CRF scored twice is one probe, the later one', () => {
  const film = search();
  noteProbe(film, 0, { crf: 30, score: 90 });
  noteProbe(film, 0, { crf: 30, score: 95 });
  expect(probesOf(film, 0)).toEqual([{ crf: 30, score: 95 }]);
  expect(nextStep(film, 0)).toEqual({ settled: 30 });
});

test('a probe whose result is gone is made again', () => {
  const film = search();
  noteProbe(film, 0, { crf: 30, score: 95 });
  forgetProbe(film, 0, 30);
  expect(nextStep(film, 0)).toHaveProperty('probe');
});

test('VMAF falls faster and faster, and the second guess knows', () => {
  /** Of a shot of a talk in 640x360, at preset 10. */
  const vmafAt: Readonly<Record<number, number>> = {
    20: 96.6,
    26: 95.92,
    32: 93.76,
    38: 90.05,
    44: 84.73,
    50: 77.02,
  };
  const film = createFilmSearch({ metric: 'vmaf', aim: 90, least: 89.6, most: 90.4 }, RANGE, START);
  for (const crf of [26, 44]) noteProbe(film, 0, { crf, score: vmafAt[crf] ?? Number.NaN });
  // A line through the two scores leads to 36, where it has 91.5.
  const step = nextStep(film, 0);
  const next = 'probe' in step ? step.probe : Number.NaN;
  expect(next).toBeGreaterThanOrEqual(37);
  expect(next).toBeLessThanOrEqual(39);
});
