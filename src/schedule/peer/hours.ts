import type { Hold } from './intake.ts';

/**
 * Times of the day in which a machine takes work, as its wall clock shows them. Nothing is counted in hours: on a day
 * on which the clock is put forward or back, the machine still begins and ends when the clock on the wall says so.
 */
export interface Hours {
  /** As it was given. */
  readonly text: string;
  /** Minutes since midnight, from `start` to before `end`; over midnight where the end is before the start. */
  readonly ranges: readonly { readonly start: number; readonly end: number }[];
}

const MINUTES_A_DAY = 24 * 60;

/** Reads `22:00-07:00`, or several such with commas between. Throws a sentence. */
export function parseHours(text: string): Hours {
  return { text, ranges: text.split(',').map(parseRange) };
}

/** @param minute since midnight on the local wall clock, 0 to 1439. */
export function areOpen({ ranges }: Hours, minute: number): boolean {
  return ranges.some(({ start, end }) =>
    start < end ? minute >= start && minute < end : minute >= start || minute < end,
  );
}

/** What is running when the time is up is finished: it is minutes of work, and would be lost. */
export function holdOfHours(hours: Hours, minute: number): Hold | null {
  if (areOpen(hours, minute)) return null;
  const waits = hours.ranges.map(({ start }) => (start - minute + MINUTES_A_DAY) % MINUTES_A_DAY);
  const opening = (minute + Math.min(...waits)) % MINUTES_A_DAY;
  return {
    intake: 'closed',
    reason: `Its schedule is ${hours.text}; it begins at ${clockTime(opening)}.`,
  };
}

function parseRange(text: string): { start: number; end: number } {
  const [, startHour, startMinute, endHour, endMinute] =
    /^\s*(\d{1,2}):(\d{2})\s*-\s*(\d{1,2}):(\d{2})\s*$/.exec(text) ?? [];
  const start = minuteOf(startHour, startMinute);
  const end = minuteOf(endHour, endMinute);
  if (start === null || end === null || start === MINUTES_A_DAY) throw new Error(expected(text));
  if (start === end) {
    throw new Error(`"${text.trim()}" holds no time: it begins when it ends. ${expected(text)}`);
  }
  return { start, end };
}

function minuteOf(hour: string | undefined, minute: string | undefined): number | null {
  const total = Number(hour) * 60 + Number(minute);
  return Number(minute) < 60 && total <= MINUTES_A_DAY ? total : null;
}

function expected(text: string): string {
  return `Expected times of the day such as 22:00-07:00, or several with commas between; got "${text.trim()}".`;
}

function clockTime(minute: number): string {
  return `${String(Math.floor(minute / 60)).padStart(2, '0')}:${String(minute % 60).padStart(2, '0')}`;
}
