import { describe, expect, test } from 'vitest';
import type { CurvePoint } from '../../src/quality/allocate.ts';
import {
  decideFilm,
  type FilmAllocation,
  MOST_ROUNDS,
  oneCrfFor,
  type SurveyedChunk,
  surveyCrfs,
} from '../../src/quality/film-allocation.ts';

const RANGE = { min: 7, max: 51, step: 1 };

/** A chunk whose score falls ever faster and whose bytes fall by an even share, as films' do. */
interface Film {
  readonly frameCount: number;
  readonly bytes: number;
  readonly decay: number;
  readonly loss: number;
}

const CHUNKS: readonly Film[] = [
  { frameCount: 60, bytes: 9e5, decay: 0.07, loss: 0.012 },
  { frameCount: 30, bytes: 2e5, decay: 0.05, loss: 0.004 },
  { frameCount: 90, bytes: 2e6, decay: 0.06, loss: 0.008 },
  { frameCount: 48, bytes: 4e5, decay: 0.08, loss: 0.02 },
  { frameCount: 60, bytes: 6e5, decay: 0.055, loss: 0.001 },
];

function tried({ bytes, decay, loss }: Film, crf: number): CurvePoint {
  return { crf, bytes: bytes * Math.exp(-decay * (crf - 7)), score: 99.5 - loss * (crf - 7) ** 1.9 };
}

/** Plays the rounds as a job does: what is decided is tried until nothing new is. */
function play(
  goal: FilmAllocation['goal'],
  mayLose = 1.6,
  film: readonly Film[] = CHUNKS,
  first: readonly number[] = surveyCrfs(35, RANGE),
) {
  const measured = film.map((chunk) => first.map((crf) => tried(chunk, crf)));
  for (let round = 1; ; round += 1) {
    const chunks = new Map(
      film.map(({ frameCount }, place): [number, SurveyedChunk] => [
        place,
        { frameCount, measured: measured[place] ?? [] },
      ]),
    );
    const state = { goal, rule: { type: 'slope' } as const, range: RANGE, mayLose, slack: 0.1, chunks };
    const decided = decideFilm(state, round);
    let isSettled = true;
    for (const [place, crf] of decided) {
      const points = measured[place] ?? [];
      if (points.some((point) => point.crf === crf)) continue;
      isSettled = false;
      points.push(tried(film[place] as Film, crf));
    }
    if (isSettled) return { decided, state, probes: measured.flat().length };
    if (round > MOST_ROUNDS) throw new Error('The last round asks for more tries.');
  }
}

function outcome(crfOf: (place: number) => number) {
  const points = CHUNKS.map((chunk, place) => tried(chunk, crfOf(place)));
  const frames = CHUNKS.reduce((sum, { frameCount }) => sum + frameCount, 0);
  const total = points.reduce((sum, { score }, place) => sum + score * (CHUNKS[place]?.frameCount ?? 0), 0);
  const bytes = points.reduce((sum, point) => sum + point.bytes, 0);
  return { mean: total / frames, bytes, worst: Math.min(...points.map(({ score }) => score)) };
}

describe('the survey', () => {
  test('spreads its tries around the likely CRF, and within what may be asked for', () => {
    expect(surveyCrfs(35, RANGE)).toEqual([22, 31, 40, 49]);
    expect(surveyCrfs(90, RANGE)).toEqual([24, 33, 42, 51]);
    expect(surveyCrfs(0, RANGE)).toEqual([7, 16, 25, 34]);
    expect(surveyCrfs(30, { min: 28, max: 30, step: 1 })).toEqual([28, 29, 30]);
    expect(surveyCrfs(25, { min: 20, max: 30, step: 0.5 })).toEqual([20, 23.5, 26.5, 30]);
  });
});

describe('a film whose bits are allocated', () => {
  test('meets a mean score with fewer bytes than one CRF for all', () => {
    const { decided, probes } = play({ meanScore: 95 });
    const { mean, bytes } = outcome((place) => decided.get(place) ?? 0);
    expect(Math.abs(mean - 95)).toBeLessThanOrEqual(0.1);
    const same = [...Array(45).keys()].map((crf) => outcome(() => crf + 7)).filter((one) => one.mean >= mean);
    expect(bytes).toBeLessThan(0.97 * Math.min(...same.map((one) => one.bytes)));
    expect(probes / CHUNKS.length).toBeLessThanOrEqual(6);
  });

  test('of alike chunks takes no more bytes than one CRF, whatever an earlier goal tried', () => {
    const alike = new Array<Film>(30).fill({ frameCount: 60, bytes: 9e5, decay: 0.1, loss: 0.006 });
    const { decided, state } = play({ meanScore: 97.8 }, 1.6, alike, [13, ...surveyCrfs(35, RANGE)]);
    const points = alike.map((chunk, place) => tried(chunk, decided.get(place) ?? 0));
    const bytes = points.reduce((sum, point) => sum + point.bytes, 0);
    const one = oneCrfFor(state, [...state.chunks.values()]);
    expect(bytes).toBeLessThan(1.02 * (one?.bytes ?? 0));
  });

  test('takes what it may', () => {
    const { decided } = play({ bytes: 9e5 });
    const { bytes } = outcome((place) => decided.get(place) ?? 0);
    expect(bytes).toBeLessThanOrEqual(9e5);
    expect(bytes).toBeGreaterThan(0.97 * 9e5);
  });

  test('leaves no chunk far below the worst that one CRF would bring', () => {
    // The first is dear: its score buys many bytes for the others.
    const dear = [{ frameCount: 30, bytes: 9e6, decay: 0.05, loss: 0.012 }, ...CHUNKS.slice(1)];
    const worstOf = (mayLose: number) => {
      const { decided, state } = play({ meanScore: 94 }, mayLose, dear);
      const one = oneCrfFor(state, [...state.chunks.values()]);
      const points = dear.map((chunk, place) => tried(chunk, decided.get(place) ?? 0));
      return (
        Math.min(...points.map(({ score }) => score)) -
        Math.min(...(one?.points ?? []).map(({ score }) => score))
      );
    };
    expect(worstOf(100)).toBeLessThan(-2);
    expect(worstOf(1)).toBeGreaterThan(-1.1);
  });

  test('that cannot be as good or as small as asked for is as near as it can', () => {
    const best = play({ meanScore: 99.9 });
    expect([...best.decided.values()].every((crf) => crf < 22)).toBe(true);
    const least = play({ bytes: 1 }, 100);
    expect([...least.decided.values()].every((crf) => crf > 45)).toBe(true);
  });
});
