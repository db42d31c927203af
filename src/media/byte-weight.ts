/**
 * What a chunk should take beside other chunks of its film, in any unit. Fitted on chunks of 21 recorded clips at one CRF:
 * the logarithm of their bytes is off by 0.15 on average within a clip, and by 0.20 where bytes are taken to follow the
 * time that a chunk takes.
 *
 * @param complexity summed over the chunk's frames, in the scan's units.
 */
export function byteWeight(frameCount: number, complexity: number): number {
  const each = Number.isFinite(complexity) ? Math.max(0, complexity) / frameCount : 0;
  return frameCount * (each + STILL) ** GROWTH;
}

const GROWTH = 1.5;

/** Even a still frame takes something. */
const STILL = 0.25;
