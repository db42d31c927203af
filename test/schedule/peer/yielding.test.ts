import { describe, expect, test } from 'vitest';
import {
  BATTERY_NOTICE_MS,
  LOAD_LEAVE_MS,
  LOAD_NOTICE_MS,
  LOAD_QUIET_MS,
} from '../../../src/schedule/limits.ts';
import { holdOfBattery, noteBattery, type OnBatterySince } from '../../../src/schedule/peer/battery.ts';
import { holdOfWish, intakeOf } from '../../../src/schedule/peer/intake.ts';
import { holdOfOtherLoad, NO_OTHER_LOAD, noteOtherLoad } from '../../../src/schedule/peer/other-load.ts';

/** The intake after each of these seconds, given the share that other programs use in each. */
function underLoad(shares: readonly number[], max = 0.25): string {
  let load = NO_OTHER_LOAD;
  return shares
    .map((share, second) => {
      load = noteOtherLoad(load, share, max, second * 1000);
      return (holdOfOtherLoad(load, max)?.intake ?? 'open').slice(0, 1);
    })
    .join('');
}

const seconds = (count: number, share: number): number[] => Array.from({ length: count }, () => share);

describe('other programs', () => {
  const notice = LOAD_NOTICE_MS / 1000;
  const leave = LOAD_LEAVE_MS / 1000;
  const quiet = LOAD_QUIET_MS / 1000;

  test('a burst changes nothing', () => {
    expect(underLoad([...seconds(notice, 0.9), 0, 0, ...seconds(notice, 0.9), 0])).toMatch(/^o+$/);
  });

  test('that stay busy first get no new work beside them, then the machine for themselves', () => {
    const course = underLoad(seconds(leave + 5, 0.9));
    expect([course.indexOf('c'), course.indexOf('e')]).toEqual([notice, leave]);
  });

  test('that pause for a moment are not gone', () => {
    const course = underLoad([...seconds(10, 0.9), ...seconds(quiet - 2, 0), 0.9, ...seconds(quiet - 2, 0)]);
    expect(course.slice(10)).not.toContain('o');
  });

  test('that are gone let it work again, and their silence is not counted as their presence', () => {
    const course = underLoad([...seconds(10, 0.9), ...seconds(quiet + 2, 0)]);
    expect(course).not.toContain('e');
    expect(course.indexOf('o', 10)).toBe(9 + quiet);
  });

  test('are measured against what the owner allows', () => {
    expect(underLoad(seconds(40, 0.25))).toMatch(/^o+$/);
    expect(holdOfOtherLoad({ busySinceMs: 0, lastBusyMs: 9000 }, 0.125)?.reason).toBe(
      'Other programs use more than 12.5 % of its cores (--max-load).',
    );
  });
});

test('on battery everything goes back, once that is no slip of the plug', () => {
  let since: OnBatterySince = null;
  const course = [true, false, true, true, true, false].map((isOnBattery, i) => {
    const nowMs = (i * BATTERY_NOTICE_MS) / 2;
    since = noteBattery(since, isOnBattery, nowMs);
    return holdOfBattery(since, nowMs)?.intake ?? 'open';
  });
  expect(course).toEqual(['open', 'open', 'open', 'open', 'emptying', 'open']);
});

test('of several holds the strictest counts, and each is named', () => {
  const pause = holdOfWish('pause');
  const battery = holdOfBattery(0, BATTERY_NOTICE_MS);
  if (pause === null || battery === null) throw new Error('both hold');
  expect(intakeOf([pause, battery])).toEqual({
    intake: 'emptying',
    reasons: ['It was told to pause.', expect.stringContaining('battery')],
  });
  expect(intakeOf([])).toEqual({ intake: 'open', reasons: [] });
});
