/** How long to wait before an address that did not answer is tried again. It is tried for ever. */

/** A cable or a restart takes seconds: for the first minute, try each second. */
const EAGER_ATTEMPTS = 60;
const EAGER_DELAY_MS = 1000;
/** After that a machine is off; a SYN every ten seconds costs nothing, and its start is noticed soon. */
const PATIENT_DELAY_MS = 10_000;

export function retryDelayMs(failureCount: number): number {
  if (failureCount <= EAGER_ATTEMPTS) return EAGER_DELAY_MS;
  return Math.min(PATIENT_DELAY_MS, EAGER_DELAY_MS * 2 ** Math.min(failureCount - EAGER_ATTEMPTS, 10));
}
