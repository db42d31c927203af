/** The one reader of time for schedules: monotonic milliseconds, unmoved by clock changes. */
export function monotonicMs(): number {
  return performance.now();
}
