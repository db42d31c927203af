import { BATTERY_NOTICE_MS } from '../limits.ts';
import type { Hold } from './intake.ts';

/** Since when a machine runs on its battery; null while it does not, or has none. */
export type OnBatterySince = number | null;

export function noteBattery(since: OnBatterySince, isOnBattery: boolean, nowMs: number): OnBatterySince {
  return isOnBattery ? (since ?? nowMs) : null;
}

/** A laptop that was unplugged is about to be carried away: what runs would be lost with it, so it goes back. */
export function holdOfBattery(since: OnBatterySince, nowMs: number): Hold | null {
  if (since === null || nowMs - since < BATTERY_NOTICE_MS) return null;
  return { intake: 'emptying', reason: 'It runs on battery (--work-on-battery lets it work all the same).' };
}
