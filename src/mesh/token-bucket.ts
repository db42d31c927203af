/** What may still be sent at once, growing with time: a cap on the average, with room for a short burst. */
export interface TokenBucket {
  readonly bytesPerSecond: number;
  readonly burstBytes: number;
  /** Below zero: what was promised ahead of time. */
  bytes: number;
  atMs: number;
}

/** Long enough that a timer's coarseness costs no throughput, short enough to be felt by nobody. */
const BURST_SECONDS = 0.05;
/** One piece always fits, or its tokens would never have been whole. */
const MIN_BURST_BYTES = 16 * 1024;

/** A full bucket. */
export function createBucket(bytesPerSecond: number, nowMs: number): TokenBucket {
  const burstBytes = Math.max(MIN_BURST_BYTES, bytesPerSecond * BURST_SECONDS);
  return { bytesPerSecond, burstBytes, bytes: burstBytes, atMs: nowMs };
}

/**
 * Takes bytes in the order of the calls, and gives the milliseconds to wait before they may go. What is taken is
 * owed at once, so that several transfers together stay below the cap.
 */
export function takeBytes(bucket: TokenBucket, bytes: number, nowMs: number): number {
  // A clock that stood still or went back brings nothing.
  const elapsedMs = Math.max(0, nowMs - bucket.atMs);
  bucket.atMs = Math.max(bucket.atMs, nowMs);
  const grown = bucket.bytes + (elapsedMs * bucket.bytesPerSecond) / 1000;
  bucket.bytes = Math.min(bucket.burstBytes, grown) - bytes;
  return bucket.bytes >= 0 ? 0 : (-bucket.bytes * 1000) / bucket.bytesPerSecond;
}
