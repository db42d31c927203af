import { insertBytes } from './insert-bytes.ts';

/** OBU types of the AV1 specification, section 6.2.2. */
const OBU_SEQUENCE_HEADER = 1;
const OBU_FRAME_HEADER = 3;
const OBU_METADATA = 5;
const OBU_FRAME = 6;
/** metadata_type of messages of ITU-T T.35 (section 6.7.1). */
const METADATA_TYPE_ITUT_T35 = 4;
/** trailing_bits() behind whole bytes (section 5.3.4). */
const TRAILING_BITS = 0x80;
/** leb128 numbers have at most eight bytes (section 4.10.5). */
const MAX_LEB128_BYTES = 8;

interface Obu {
  readonly type: number;
  readonly start: number;
  readonly payloadStart: number;
  readonly end: number;
}

/**
 * The sequence header OBU of a temporal unit (low-overhead format, sections 5.3 to 5.5), header and size included; null
 * when there is none. Throws a sentence when the bytes are not a sequence of OBUs.
 */
export function findSequenceHeader(temporalUnit: Uint8Array): Uint8Array | null {
  for (let at = 0; at < temporalUnit.length; ) {
    const obu = readObu(temporalUnit, at);
    if (obu.type === OBU_SEQUENCE_HEADER) return temporalUnit.subarray(obu.start, obu.end);
    at = obu.end;
  }
  return null;
}

/**
 * Whether a temporal unit shows a keyframe: its first frame header says KEY_FRAME and show_frame (section 5.9.2). A
 * still picture's shortened header is a keyframe by definition.
 */
export function isKeyframe(temporalUnit: Uint8Array): boolean {
  for (let at = 0; at < temporalUnit.length; ) {
    const obu = readObu(temporalUnit, at);
    const first = firstByte(temporalUnit, obu);
    if (isShortHeaded(obu, first)) return true;
    // show_existing_frame 0, frame_type 00 (KEY_FRAME), show_frame 1.
    if (beginsFrame(obu)) return first >> 4 === 1;
    at = obu.end;
  }
  return false;
}

/**
 * A temporal unit with a metadata OBU for the frame that it shows. It stands right before that frame's header, behind
 * frames that are not shown (HDR10+ AV1 Metadata Handling Specification 1.0.1, section 2.2.2).
 *
 * @param message of ITU-T T.35, from its country code on.
 * @throws a sentence when the unit shows no frame.
 */
export function withT35Metadata(temporalUnit: Uint8Array, message: Uint8Array): Uint8Array {
  const place = shownFrameStart(temporalUnit);
  const payload = [METADATA_TYPE_ITUT_T35, ...message, TRAILING_BITS];
  // obu_has_size_field is the second bit of an OBU's header.
  const obu = [(OBU_METADATA << 3) | 0x02, ...leb128(payload.length), ...payload];
  return insertBytes(temporalUnit, place, obu);
}

function shownFrameStart(temporalUnit: Uint8Array): number {
  let hasShortHeaders = false;
  let place: number | null = null;
  for (let at = 0; at < temporalUnit.length; ) {
    const obu = readObu(temporalUnit, at);
    const first = firstByte(temporalUnit, obu);
    hasShortHeaders ||= isShortHeaded(obu, first);
    // show_existing_frame, frame_type (2 bits), show_frame.
    if (beginsFrame(obu) && (hasShortHeaders || (first & 0x90) !== 0)) place = obu.start;
    at = obu.end;
  }
  if (place === null) throw new Error('A temporal unit of the AV1 stream shows no frame, expected one.');
  return place;
}

function beginsFrame({ type }: Obu): boolean {
  return type === OBU_FRAME || type === OBU_FRAME_HEADER;
}

/** A sequence header of still pictures, whose headers say nothing of being shown or of their type. */
function isShortHeaded({ type }: Obu, first: number): boolean {
  // seq_profile (3 bits), still_picture, reduced_still_picture_header.
  return type === OBU_SEQUENCE_HEADER && (first & 0x08) !== 0;
}

function firstByte(bytes: Uint8Array, { payloadStart, end }: Obu): number {
  return payloadStart < end ? (bytes[payloadStart] ?? 0) : 0;
}

/** obu_header() and obu_size: forbidden bit, 4 bits of type, extension flag, size flag, reserved bit. */
function readObu(bytes: Uint8Array, start: number): Obu {
  const first = bytes[start] as number;
  if ((first & 0x80) !== 0) throw malformed(start, 'its forbidden bit is set');
  const hasExtension = (first & 0x04) !== 0;
  const hasSize = (first & 0x02) !== 0;
  let at = start + (hasExtension ? 2 : 1);
  let size = bytes.length - at;
  if (hasSize) [size, at] = readLeb128(bytes, at);
  if (size < 0 || at + size > bytes.length) throw malformed(start, 'it ends outside the temporal unit');
  return { type: (first >> 3) & 0x0f, start, payloadStart: at, end: at + size };
}

/** leb128() and the position behind it. */
function readLeb128(bytes: Uint8Array, start: number): [value: number, end: number] {
  let value = 0;
  for (let i = 0; i < MAX_LEB128_BYTES; i++) {
    const byte = bytes[start + i];
    if (byte === undefined) throw malformed(start, 'its size is cut short');
    value += (byte & 0x7f) * 2 ** (7 * i);
    if ((byte & 0x80) === 0) return [value, start + i + 1];
  }
  throw malformed(start, 'its size has more than eight bytes');
}

/** A whole number as leb128(). */
function leb128(value: number): number[] {
  const bytes: number[] = [];
  for (let rest = value; ; rest >>= 7) {
    if (rest < 0x80) return [...bytes, rest];
    bytes.push((rest & 0x7f) | 0x80);
  }
}

function malformed(position: number, why: string): Error {
  return new Error(
    `The AV1 stream is damaged: the OBU at byte ${position} of a temporal unit is not valid, ${why}.`,
  );
}
