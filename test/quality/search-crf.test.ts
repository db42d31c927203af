import { describe, expect, test } from 'vitest';
import { guessCrf } from '../../src/quality/guess-crf.ts';
import {
  type CrfRange,
  MOST_PROBES,
  type Probe,
  type ScoreBand,
  searchCrf,
} from '../../src/quality/search-crf.ts';

const RANGE: CrfRange = { min: 1, max: 63, step: 1 };
const BAND: ScoreBand = { aim: 95, least: 94.6, most: 95.4 };
const START = { crf: 30, scorePerCrf: 0.4 };

/** Curves as encoders have them: flat near the best, steeper with the CRF; `knee` is where the shot gets hard. */
function curve(knee: number, steepness: number): (crf: number) => number {
  return (crf) => 99.5 - steepness * Math.max(0, crf - 8) - 0.02 * Math.max(0, crf - knee) ** 2;
}

function settle(scoreAt: (crf: number) => number, band = BAND, range = RANGE, known: readonly Probe[] = []) {
  const probes = [...known];
  const next = () => searchCrf(probes, band, range, guessCrf(new Map([[0, probes]]), 0, band.aim, START));
  for (let step = next(); ; step = next()) {
    if ('settled' in step) return { crf: step.settled, probes };
    expect(probes.map(({ crf }) => crf)).not.toContain(step.probe);
    probes.push({ crf: step.probe, score: scoreAt(step.probe) });
  }
}

describe('the search for a CRF', () => {
  test('begins at the guess', () => {
    expect(searchCrf([], BAND, RANGE, 30)).toEqual({ probe: 30 });
    expect(searchCrf([], BAND, RANGE, 99)).toEqual({ probe: 63 });
  });

  test('takes the first probe that is inside the band', () => {
    expect(searchCrf([{ crf: 30, score: 95.3 }], BAND, RANGE, 30)).toEqual({ settled: 30 });
  });

  test.each([
    [20, 0.1],
    [30, 0.2],
    [40, 0.3],
    [50, 0.05],
  ])('lands on curves with a knee at %d and a steepness of %d in few probes', (knee, steepness) => {
    const scoreAt = curve(knee, steepness);
    const { crf, probes } = settle(scoreAt);
    const best = Math.min(...Array.from({ length: 63 }, (_, at) => Math.abs(scoreAt(at + 1) - BAND.aim)));
    expect(Math.abs(scoreAt(crf) - BAND.aim)).toBeLessThanOrEqual(Math.max(best, 0.4));
    expect(probes.length).toBeLessThanOrEqual(5);
  });

  test('takes the nearer of two neighbours where no CRF is inside the band', () => {
    const probes = [
      { crf: 33, score: 95.6 },
      { crf: 34, score: 94.5 },
    ];
    expect(searchCrf(probes, BAND, RANGE, 30)).toEqual({ settled: 34 });
  });

  test('ends at the range where the score is out of reach', () => {
    expect(settle((at) => 80 - 0.1 * at).crf).toBe(1);
    expect(settle((at) => 99 - 0.01 * at).crf).toBe(63);
  });

  test('goes on from what other searches tried, however much that was', () => {
    const scoreAt = curve(30, 0.2);
    const probes = [10, 11, 12, 13, 14, 15, 16, 17].map((crf) => ({ crf, score: scoreAt(crf), isOld: true }));
    const { crf } = settle(scoreAt, BAND, RANGE, probes);
    expect(Math.abs(scoreAt(crf) - BAND.aim)).toBeLessThanOrEqual(0.4);
  });

  test('takes quarter steps where the encoder has them', () => {
    const { crf } = settle(
      curve(30, 0.2),
      { aim: 95, least: 94.99, most: 95.01 },
      { min: 1, max: 63, step: 0.25 },
    );
    expect(Math.abs(curve(30, 0.2)(crf) - 95)).toBeLessThan(0.1);
  });

  test('ends, whatever the scores are, with a CRF that was probed', () => {
    let seed = 7;
    const noise = () => {
      seed = (seed * 48271) % 2147483647;
      return 60 + (40 * seed) / 2147483647;
    };
    for (let round = 0; round < 500; round += 1) {
      const { crf, probes } = settle(noise);
      expect(probes.length).toBeLessThanOrEqual(MOST_PROBES);
      expect(probes.map((probe) => probe.crf)).toContain(crf);
    }
  });
});
