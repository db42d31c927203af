import { AWAKE_AFTER_WORK_MS } from '../limits.ts';

/** Whether a machine is to be kept from sleeping. `lastWorkMs`: when it last worked; null when it never did. */
export function staysAwake(lastWorkMs: number | null, nowMs: number): boolean {
  return lastWorkMs !== null && nowMs - lastWorkMs < AWAKE_AFTER_WORK_MS;
}
