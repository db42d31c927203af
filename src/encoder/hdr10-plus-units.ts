import { withSeiMessage } from './annex-b.ts';
import { withT35Metadata } from './av1-obu.ts';
import type { VideoCodec } from './encoder-definition.ts';
import type { EncodedPicture } from './settings.ts';

/** Codecs in whose streams players look for HDR10+. */
type CarryingCodec = 'av1' | 'hevc';

/** The picture as a codec can tell of it. */
export function pictureIn(codec: VideoCodec, picture: EncodedPicture): EncodedPicture {
  if (carries(codec)) return picture;
  const { hdr10Plus: _, ...rest } = picture;
  return rest;
}

/**
 * A unit with HDR10+ of the picture that it shows: a metadata OBU in AV1, an SEI message in HEVC.
 *
 * @param message of ITU-T T.35, from its country code on.
 */
export function withHdr10Plus(unit: Uint8Array, message: Uint8Array, codec: VideoCodec): Uint8Array {
  if (!carries(codec)) throw new Error(`HDR10+ has no place in ${codec}.`);
  return codec === 'av1' ? withT35Metadata(unit, message) : withSeiMessage(unit, message);
}

function carries(codec: VideoCodec): codec is CarryingCodec {
  return codec === 'av1' || codec === 'hevc';
}
