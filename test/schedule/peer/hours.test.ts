import { afterEach, describe, expect, test, vi } from 'vitest';
import { minuteOfDay } from '../../../node/daemon/machine.ts';
import { areOpen, holdOfHours, parseHours } from '../../../src/schedule/peer/hours.ts';

const at = (clock: string): number => {
  const [hour, minute] = clock.split(':').map(Number);
  return (hour ?? 0) * 60 + (minute ?? 0);
};

test.each([
  ['22:00-07:00', ['22:00', '23:59', '00:00', '06:59'], ['07:00', '12:00', '21:59']],
  ['9:30-12:00', ['09:30', '11:59'], ['09:29', '12:00', '00:00']],
  ['22:00-07:00, 12:00-13:00', ['12:30', '06:00'], ['11:59', '13:00']],
  ['00:00-24:00', ['00:00', '23:59'], []],
])('%s is open and closed when it says so', (text, open, closed) => {
  const hours = parseHours(text);
  expect(open.filter((clock) => !areOpen(hours, at(clock)))).toEqual([]);
  expect(closed.filter((clock) => areOpen(hours, at(clock)))).toEqual([]);
});

test.each([
  '',
  '22-07',
  '22:60-23:00',
  '25:00-07:00',
  '24:00-07:00',
  '22:00-07:00,',
  '07:00-07:00',
  '1:00–2:00',
])('"%s" is refused with what would be right', (text) => {
  expect(() => parseHours(text)).toThrow(/Expected times of the day such as 22:00-07:00/);
});

test('while it is closed, what runs is finished, and the next beginning is said', () => {
  const hours = parseHours('22:00-07:00,12:00-13:00');
  expect(holdOfHours(hours, at('23:00'))).toBeNull();
  expect(holdOfHours(hours, at('08:00'))).toEqual({
    intake: 'closed',
    reason: 'Its schedule is 22:00-07:00,12:00-13:00; it begins at 12:00.',
  });
  expect(holdOfHours(hours, at('13:00'))?.reason).toMatch(/begins at 22:00/);
});

describe('on the days on which the clock is changed', () => {
  afterEach(() => vi.unstubAllEnvs());

  /** Minutes of UTC from the first to the second moment in which the hours are open in Berlin. */
  function openMinutes(text: string, from: string, to: string): string[] {
    vi.stubEnv('TZ', 'Europe/Berlin');
    const open: string[] = [];
    for (let ms = Date.parse(from); ms < Date.parse(to); ms += 60_000) {
      const moment = new Date(ms);
      if (areOpen(parseHours(text), minuteOfDay(moment))) open.push(moment.toISOString().slice(11, 16));
    }
    return open;
  }

  test('forward: the night ends when the clock on the wall says so, an hour that is left out never comes', () => {
    // 2027-03-28: 02:00 becomes 03:00 at 01:00 UTC; 07:00 is 05:00 UTC.
    const night = openMinutes('22:00-07:00', '2027-03-27T20:00Z', '2027-03-28T08:00Z');
    expect([night[0], night.at(-1)]).toEqual(['21:00', '04:59']);
    expect(openMinutes('02:00-03:00', '2027-03-27T20:00Z', '2027-03-28T08:00Z')).toEqual([]);
  });

  test('back: the hour that comes twice is open twice', () => {
    // 2026-10-25: 03:00 becomes 02:00 at 01:00 UTC.
    const twice = openMinutes('02:00-03:00', '2026-10-24T20:00Z', '2026-10-25T08:00Z');
    expect([twice[0], twice.at(-1), twice.length]).toEqual(['00:00', '01:59', 120]);
  });
});
