/** What files of one container begin with: texts or bytes, each at its offset. */
type Signature = readonly (readonly [offset: number, bytes: string])[];

/** As one-byte characters, of the containers in which people keep videos. */
const SIGNATURES: readonly Signature[] = [
  // Matroska and WebM: the EBML header (RFC 8794).
  [[0, '\x1a\x45\xdf\xa3']],
  // MP4, QuickTime and their kin: the first box's type (ISO/IEC 14496-12).
  ...['ftyp', 'moov', 'mdat', 'free', 'skip', 'wide', 'pnot'].map((type): Signature => [[4, type]]),
  [
    [0, 'RIFF'],
    [8, 'AVI '],
  ],
  [[0, 'FLV']],
  // ASF (WMV): the header object's GUID.
  [[0, '\x30\x26\xb2\x75\x8e\x66\xcf\x11']],
  [[0, 'OggS']],
  // MPEG program streams: a pack header; MPEG-1 and MPEG-2 video alone: a sequence header (ISO/IEC 13818).
  [[0, '\x00\x00\x01\xba']],
  [[0, '\x00\x00\x01\xb3']],
  // H.264 and HEVC alone: a start code (ISO/IEC 14496-10, Annex B).
  [[0, '\x00\x00\x00\x01']],
  // MPEG transport streams: packets of 188 bytes, or of 192 with a time before each.
  [
    [0, 'G'],
    [188, 'G'],
    [376, 'G'],
  ],
  [
    [4, 'G'],
    [196, 'G'],
    [388, 'G'],
  ],
  // MXF: the prefix of every SMPTE key.
  [[0, '\x06\x0e\x2b\x34']],
  [[0, 'nut/multimedia container']],
  [[0, '.RMF']],
  [[0, 'YUV4MPEG2 ']],
  // DV: the header block of the first sequence (IEC 61834).
  [[0, '\x1f\x07\x00']],
];

/** Bytes of a file's beginning that tell. */
export const SIGNATURE_BYTES = 389;

/** Whether a file that begins like this is a video, or what is left of one. */
export function beginsAsVideo(head: Uint8Array): boolean {
  const stands = ([offset, bytes]: Signature[number]): boolean =>
    [...bytes].every((character, index) => head[offset + index] === character.charCodeAt(0));
  return SIGNATURES.some((signature) => signature.every(stands));
}
