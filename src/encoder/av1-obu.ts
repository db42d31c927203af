/** OBU types of the AV1 specification, section 6.2.2. */
const OBU_SEQUENCE_HEADER = 1;
const OBU_FRAME_HEADER = 3;
const OBU_FRAME = 6;
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
    const first = obu.payloadStart < obu.end ? (temporalUnit[obu.payloadStart] ?? 0) : 0;
    // seq_profile (3 bits), still_picture, reduced_still_picture_header.
    if (obu.type === OBU_SEQUENCE_HEADER && (first & 0x08) !== 0) return true;
    if (obu.type === OBU_FRAME || obu.type === OBU_FRAME_HEADER) {
      // show_existing_frame 0, frame_type 00 (KEY_FRAME), show_frame 1.
      return first >> 4 === 1;
    }
    at = obu.end;
  }
  return false;
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

function malformed(position: number, why: string): Error {
  return new Error(
    `The AV1 stream is damaged: the OBU at byte ${position} of a temporal unit is not valid, ${why}.`,
  );
}
