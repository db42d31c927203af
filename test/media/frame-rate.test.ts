import { expect, test } from 'vitest';
import { chooseFrameRate, measureRate, type PacketTimes, steadyTimes } from '../../src/media/frame-rate.ts';

const MS = { num: 1, den: 1000 };
const even = (count: number, step: number): bigint[] =>
  Array.from({ length: count }, (_, i) => BigInt(Math.round(i * step)));

test('an even stream stays even when its container rounds to milliseconds', () => {
  const measured = measureRate(even(300, 1001 / 24), MS);
  expect(measured.isVariable).toBe(false);
  expect(measured.framesPerSecond).toBeCloseTo(24000 / 1001, 2);
});

test('one that alternates between two rates is variable though its average is even', () => {
  const times = Array.from({ length: 100 }, (_, i) => BigInt(i < 50 ? i * 20 : 1000 + (i - 50) * 60));
  expect(measureRate(times, MS).isVariable).toBe(true);
});

test('one dropped frame makes it variable', () => {
  const times = even(100, 40).filter((_, i) => i !== 50);
  expect(measureRate(times, MS).isVariable).toBe(true);
});

const NONE = { num: 0, den: 1 };

test('the claim that fits the timestamps is chosen', () => {
  const film = measureRate(even(400, 1001 / 24), MS);
  const claimed = { base: { num: 24, den: 1 }, average: { num: 24000, den: 1001 }, coded: NONE };
  expect(chooseFrameRate(film, claimed)).toEqual({ num: 24000, den: 1001 });
  // Interlaced MPEG-2: FFmpeg's base rate counts fields.
  const pal = measureRate(even(100, 40), MS);
  const fields = { base: { num: 50, den: 1 }, average: { num: 25, den: 1 }, coded: { num: 50, den: 1 } };
  expect(chooseFrameRate(pal, fields)).toEqual({ num: 25, den: 1 });
});

test('where no claim fits, the measured rate is chosen', () => {
  const uneven = measureRate([0n, 40n, 80n, 200n, 240n, 280n, 320n, 400n], MS);
  const wrong = { base: { num: 120, den: 1 }, average: { num: 120, den: 1 }, coded: NONE };
  expect(uneven.isVariable).toBe(true);
  expect(chooseFrameRate(uneven, wrong)).toEqual({ num: 17500, den: 1000 });
});

test('without timestamps the bitstream is believed first', () => {
  const one = measureRate([0n], MS);
  expect(one).toEqual({ isVariable: false, framesPerSecond: null });
  const claimed = { base: { num: 48, den: 1 }, average: { num: 25, den: 1 }, coded: { num: 24, den: 1 } };
  expect(chooseFrameRate(one, claimed)).toEqual({ num: 24, den: 1 });
  expect(chooseFrameRate(one, { base: NONE, average: NONE, coded: NONE })).toEqual({ num: 25, den: 1 });
});

function packets(...list: (readonly [pts: number | null, dts: number | null, key?: 'key'])[]): PacketTimes[] {
  const big = (time: number | null): bigint | null => (time === null ? null : BigInt(time));
  return list.map(([pts, dts, key]) => ({ pts: big(pts), dts: big(dts), isKeyframe: key === 'key' }));
}

test('presentation times count from the first keyframe on', () => {
  const cut = packets([9, 1], [3, 2], [30, 10, 'key'], [20, 20], [50, 30], [40, 40]);
  expect(steadyTimes(cut, true)).toEqual([30n, 40n, 50n]);
});

test('where some packets have none, decode times count', () => {
  expect(steadyTimes(packets([null, 0, 'key'], [null, 1], [2, 2]), true)).toEqual([0n, 1n, 2n]);
  expect(steadyTimes(packets([null, 0, 'key'], [null, null], [2, 2]), true)).toEqual([]);
});

test('of a part that was read, the last frames are left out: others may come between', () => {
  const many = packets(
    ...Array.from({ length: 100 }, (_, i) => [i, i, i === 0 ? 'key' : undefined] as never),
  );
  expect(steadyTimes(many, false)).toHaveLength(84);
  expect(steadyTimes(many, true)).toHaveLength(100);
});
