import { describe, expect, test } from 'vitest';
import { type BudgetChunk, type FilmBudget, nextOfBudget } from '../../src/quality/film-budget.ts';

const RANGE = { min: 7, max: 51, step: 1 };

/** A film whose chunks take what no model knows: each its own bytes, loss and a weight that is off. */
function makeFilm(seed: number, count: number) {
  let state = seed;
  const random = (low: number, high: number) => {
    state = (state * 48271) % 2147483647;
    return low + ((high - low) * state) / 2147483647;
  };
  return Array.from({ length: count }, () => {
    const size = Math.exp(random(9, 13));
    const loss = random(0.045, 0.085);
    return { weight: size * random(0.4, 2.5), bytesAt: (crf: number) => size * Math.exp(-loss * (crf - 30)) };
  });
}

/** Settles the chunks in film order, `ahead` of them under way at once. */
function settle(film: ReturnType<typeof makeFilm>, bytes: number, startCrf = 32, ahead = 4) {
  const chunks = new Map<number, BudgetChunk>();
  let probeCount = 0;
  const crfs: number[] = [];
  const budget = (): FilmBudget => ({
    ...{ bytes, range: RANGE, startCrf, chunks },
    unseenFrames: 100 * (film.length - chunks.size),
  });
  const open: { chunk: number; crf: number }[] = [];
  const begin = (chunk: number) => {
    const step = nextOfBudget(budget(), chunk);
    if ('settled' in step) throw new Error('settled before it was tried');
    open.push({ chunk, crf: step.probe });
  };
  for (let next = 0; next < film.length || open.length > 0; ) {
    if (next < film.length && open.length < ahead) {
      chunks.set(next, { frameCount: 100, weight: film[next]?.weight ?? 0, probes: [], settledBytes: null });
      begin(next);
      next += 1;
      continue;
    }
    const { chunk, crf } = open.shift() ?? { chunk: 0, crf: 0 };
    const known = chunks.get(chunk) as BudgetChunk;
    const probes = [...known.probes, { crf, bytes: film[chunk]?.bytesAt(crf) ?? 0 }];
    probeCount += 1;
    chunks.set(chunk, { ...known, probes });
    const step = nextOfBudget(budget(), chunk);
    if ('probe' in step) {
      expect(probes.map((probe) => probe.crf)).not.toContain(step.probe);
      open.push({ chunk, crf: step.probe });
      continue;
    }
    const settledBytes = probes.find((probe) => probe.crf === step.settled)?.bytes ?? 0;
    chunks.set(chunk, { ...known, probes, settledBytes });
    crfs[chunk] = step.settled;
  }
  const total = [...chunks.values()].reduce((sum, { settledBytes }) => sum + (settledBytes ?? 0), 0);
  return { share: total / bytes, probesEach: probeCount / film.length, crfs };
}

describe('a film that may take so many bytes', () => {
  test.each([20, 60, 400])('lands within 3 percent with %d chunks, of whatever kind they are', (count) => {
    const shares: number[] = [];
    const probes: number[] = [];
    for (let seed = 1; seed <= 40; seed += 1) {
      const film = makeFilm(seed, count);
      const bytes = film.reduce((sum, { bytesAt }) => sum + bytesAt(24 + (seed % 16)), 0);
      const { share, probesEach } = settle(film, bytes);
      shares.push(Math.abs(share - 1));
      probes.push(probesEach);
    }
    expect(Math.max(...shares)).toBeLessThan(0.03);
    expect(probes.reduce((sum, each) => sum + each, 0) / probes.length).toBeLessThan(count < 100 ? 2.5 : 1.5);
  });

  test('goes on from what other jobs tried of a chunk, however much that was', () => {
    const bytesAt = (crf: number) => 1e5 * Math.exp(-0.06 * (crf - 30));
    const probes = [8, 9, 10, 11, 12, 13, 14].map((crf) => ({ crf, bytes: bytesAt(crf), isOld: true }));
    const only = { frameCount: 100, weight: 1, probes, settledBytes: null };
    const chunks = new Map([[0, only]]);
    const budget = { bytes: bytesAt(40), range: RANGE, startCrf: 32, unseenFrames: 0, chunks };
    expect(nextOfBudget(budget, 0)).toEqual({ probe: 40 });
  });

  test('takes the end of the range where the bytes are out of reach', () => {
    const film = makeFilm(3, 20);
    expect(new Set(settle(film, 1).crfs.slice(5))).toEqual(new Set([51]));
    expect(new Set(settle(film, 1e12).crfs.slice(5))).toEqual(new Set([7]));
  });
});
