import { type IvfHeader, ivfFrameHeader, ivfHeader } from '../../src/encoder/ivf.ts';

/** The bytes of a result that holds these units of AV1, in order. */
export function makeIvf(
  units: readonly Uint8Array[],
  size: Pick<IvfHeader, 'width' | 'height'>,
  frameCount = units.length,
): Buffer {
  const pieces = units.flatMap((unit, i) => [ivfFrameHeader(unit.length, BigInt(i)), unit]);
  return Buffer.concat([ivfHeader({ codec: 'av1', ...size, frameCount }), ...pieces]);
}
