import { findParameterSets, isRandomAccess } from './annex-b.ts';
import { findSequenceHeader, isKeyframe } from './av1-obu.ts';
import type { VideoCodec } from './encoder-definition.ts';

/**
 * What a decoder must know before the first picture, as it stands in the first unit of a chunk: AV1's sequence header,
 * the parameter sets of HEVC and H.264. All chunks of a file have the same. Null when the unit holds none.
 */
export function findStreamHeader(unit: Uint8Array, codec: VideoCodec): Uint8Array | null {
  return codec === 'av1' ? findSequenceHeader(unit) : findParameterSets(unit, codec);
}

/** Whether players may begin at this unit. */
export function isKeyUnit(unit: Uint8Array, codec: VideoCodec): boolean {
  return codec === 'av1' ? isKeyframe(unit) : isRandomAccess(unit, codec);
}
