import { PICTURE_BYTES, PICTURE_LUMA_HEIGHT, PICTURE_LUMA_WIDTH } from '../media/sketch.ts';

const LUMA_BYTES = PICTURE_LUMA_WIDTH * PICTURE_LUMA_HEIGHT;
const CHROMA_BYTES = (PICTURE_BYTES - LUMA_BYTES) / 2;
const PLANES = [
  [0, LUMA_BYTES],
  [LUMA_BYTES, LUMA_BYTES + CHROMA_BYTES],
  [LUMA_BYTES + CHROMA_BYTES, PICTURE_BYTES],
] as const;

/**
 * Mean difference of two small pictures after taking off what each plane as a whole is brighter or more colourful by.
 * Coarse coding lags behind a fade or flash, and a lagging frame is nearer to the brightness of its neighbours; what
 * the picture shows stays where it is.
 */
export function shapeDifference(a: Uint8Array, b: Uint8Array): number {
  let sum = 0;
  for (const [start, end] of PLANES) {
    let offset = 0;
    for (let i = start; i < end; i++) offset += (a[i] as number) - (b[i] as number);
    offset /= end - start;
    for (let i = start; i < end; i++) sum += Math.abs((a[i] as number) - (b[i] as number) - offset);
  }
  return sum / PICTURE_BYTES;
}
