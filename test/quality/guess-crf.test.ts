import { expect, test } from 'vitest';
import { guessCrf } from '../../src/quality/guess-crf.ts';
import type { Probe } from '../../src/quality/search-crf.ts';

const START = { crf: 32, scorePerCrf: 0.4 };
const AIM = 95;

/** A chunk that meets the aim at one CRF and loses so much with each, tried at two. */
function line(crf: number, scorePerCrf = 0.4): Probe[] {
  return [crf - 3, crf + 3].map((at) => ({ crf: at, score: AIM + (crf - at) * scorePerCrf }));
}

function film(...chunks: readonly Probe[][]): Map<number, Probe[]> {
  return new Map(chunks.map((probes, chunk) => [chunk, probes]));
}

test('nothing is known before the first chunk', () => {
  expect(guessCrf(new Map(), 0, AIM, START)).toBe(32);
});

test('one chunk moves the guess towards itself, and more of them move it further', () => {
  const one = guessCrf(film(line(24)), 8, AIM, START);
  const many = guessCrf(film(...Array.from({ length: 6 }, () => line(24))), 30, AIM, START);
  expect(one).toBeLessThan(27);
  expect(many).toBeLessThan(one);
  expect(many).toBeGreaterThan(23.5);
});

test('the chunks next to one count more than those far away', () => {
  const known = new Map([
    [0, line(24)],
    [20, line(36)],
  ]);
  expect(guessCrf(known, 1, AIM, START)).toBeLessThan(guessCrf(known, 10, AIM, START));
  expect(guessCrf(known, 19, AIM, START)).toBeGreaterThan(guessCrf(known, 10, AIM, START));
});

test('from a chunk’s own probe it goes as steeply as its film', () => {
  const own = [{ crf: 30, score: 97 }];
  const steep = film(line(32, 0.8), line(31, 0.8), line(33, 0.8));
  const flat = film(line(32, 0.3), line(31, 0.3), line(33, 0.3));
  const at = (others: Map<number, Probe[]>) => guessCrf(new Map([...others, [9, own]]), 9, AIM, START);
  expect(at(steep)).toBeGreaterThan(32);
  expect(at(steep)).toBeLessThan(34);
  expect(at(flat)).toBeGreaterThan(35);
});

test('two probes of its own say how steep it is, nearly whatever was expected', () => {
  const guess = guessCrf(
    film(line(40, 0.7).map(({ crf, score }) => ({ crf: crf - 8, score: score + 5.6 }))),
    0,
    AIM,
    START,
  );
  expect(guess).toBeGreaterThan(38.5);
  expect(guess).toBeLessThan(42);
});

test('what was long ago is forgotten', () => {
  const chunks = [
    ...Array.from({ length: 20 }, () => line(50)),
    ...Array.from({ length: 7 }, () => line(25)),
  ];
  expect(guessCrf(film(...chunks), 27, AIM, START)).toBeLessThan(26);
});

test('a chunk that gets better with the CRF leads nowhere absurd', () => {
  const odd = [
    { crf: 30, score: 90 },
    { crf: 34, score: 94 },
  ];
  expect(Number.isFinite(guessCrf(film(odd), 0, AIM, START))).toBe(true);
});
