import { LOAD_LEAVE_MS, LOAD_NOTICE_MS, LOAD_QUIET_MS } from '../limits.ts';
import type { Hold } from './intake.ts';

/** Since when, and until when at least, other programs used more of the machine than its owner allows for. */
export interface OtherLoad {
  readonly busySinceMs: number | null;
  readonly lastBusyMs: number;
}

export const NO_OTHER_LOAD: OtherLoad = { busySinceMs: null, lastBusyMs: 0 };

/** @param share of all cores that other programs used since the last reading; @param max what the owner allows. */
export function noteOtherLoad(load: OtherLoad, share: number, max: number, nowMs: number): OtherLoad {
  if (share > max) return { busySinceMs: load.busySinceMs ?? nowMs, lastBusyMs: nowMs };
  const isForgotten = busyMs(load) < LOAD_NOTICE_MS || nowMs - load.lastBusyMs >= LOAD_QUIET_MS;
  return isForgotten ? NO_OTHER_LOAD : load;
}

/**
 * A short burst changes nothing. Soon no work is taken and what waits goes back; encodes that run are of low priority
 * and end by themselves, unless the person stays: then they go back, too. They are not stopped and kept: a stopped
 * encode holds its memory, and nobody else could do its chunk meanwhile.
 */
export function holdOfOtherLoad(load: OtherLoad, max: number): Hold | null {
  if (load.busySinceMs === null || busyMs(load) < LOAD_NOTICE_MS) return null;
  return {
    intake: busyMs(load) < LOAD_LEAVE_MS ? 'closed' : 'emptying',
    reason: `Other programs use more than ${Math.round(max * 1000) / 10} % of its cores (--max-load).`,
  };
}

function busyMs({ busySinceMs, lastBusyMs }: OtherLoad): number {
  return busySinceMs === null ? 0 : lastBusyMs - busySinceMs;
}
