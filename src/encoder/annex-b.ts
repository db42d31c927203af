import { insertBytes } from './insert-bytes.ts';

/** Codecs whose units are NAL units behind start codes (Annex B of H.264, of HEVC and of VVC). */
export type NalCodec = 'hevc' | 'h264' | 'vvc';

const START_CODE = Uint8Array.of(0, 0, 0, 1);
/** VPS, SPS, PPS of HEVC (table 7-1); SPS, PPS of H.264 (table 7-1); VPS, SPS, PPS of VVC (table 5). */
const PARAMETER_SETS: Readonly<Record<NalCodec, readonly number[]>> = {
  hevc: [32, 33, 34],
  h264: [7, 8],
  vvc: [14, 15, 16],
};
const SEQUENCE_SET: Readonly<Record<NalCodec, number>> = { hevc: 33, h264: 7, vvc: 15 };
/** Pictures at which decoding can begin: IDR of H.264, all IRAP of HEVC and of VVC. */
const FIRST_ACCESS: Readonly<Record<NalCodec, readonly [from: number, to: number]>> = {
  hevc: [16, 23],
  h264: [5, 5],
  vvc: [7, 9],
};
/** In HEVC slices come before all other types of units (table 7-1). */
const FIRST_OTHER_UNIT = 32;
const PREFIX_SEI = 39;
/** payloadType of user_data_registered_itu_t_t35 (clause D.2.1). */
const SEI_ITU_T_T35 = 4;
/** rbsp_trailing_bits() behind whole bytes. */
const TRAILING_BITS = 0x80;
/** Access unit delimiters, from the same tables. */
const DELIMITER: Readonly<Record<NalCodec, number>> = { hevc: 35, h264: 9, vvc: 20 };

/**
 * The parameter sets of an access unit, each behind a start code of four bytes; null when it has no sequence parameter
 * set.
 */
export function findParameterSets(accessUnit: Uint8Array, codec: NalCodec): Uint8Array | null {
  const sets = nalUnits(accessUnit).filter((nal) => PARAMETER_SETS[codec].includes(typeOf(nal, codec)));
  if (!sets.some((nal) => typeOf(nal, codec) === SEQUENCE_SET[codec])) return null;
  const bytes = new Uint8Array(sets.reduce((sum, nal) => sum + START_CODE.length + nal.length, 0));
  let at = 0;
  for (const nal of sets) {
    bytes.set(START_CODE, at);
    bytes.set(nal, at + START_CODE.length);
    at += START_CODE.length + nal.length;
  }
  return bytes;
}

/**
 * An access unit of HEVC with an SEI message before its first slice: user_data_registered_itu_t_t35 (clause D.2.6).
 *
 * @param message of ITU-T T.35, from its country code on.
 * @throws a sentence when the unit holds no slice.
 */
export function withSeiMessage(accessUnit: Uint8Array, message: Uint8Array): Uint8Array {
  const slice = nalStarts(accessUnit).find(
    (start) => typeOf(accessUnit.subarray(start), 'hevc') < FIRST_OTHER_UNIT,
  );
  if (slice === undefined) throw new Error('An access unit of the HEVC stream holds no slice, expected one.');
  const sizes = [...Array(Math.floor(message.length / 0xff)).fill(0xff), message.length % 0xff];
  const payload = [SEI_ITU_T_T35, ...sizes, ...message, TRAILING_BITS];
  // nuh_layer_id and nuh_temporal_id_plus1 are the slice's own.
  const nal = [PREFIX_SEI << 1, accessUnit[slice + 1] ?? 1, ...escaped(payload)];
  return insertBytes(accessUnit, startCodeBefore(accessUnit, slice), [...START_CODE, ...nal]);
}

/** No three bytes of a unit look like a start code: emulation_prevention_three_byte (clause 7.4.2). */
function escaped(bytes: readonly number[]): number[] {
  const safe: number[] = [];
  for (const byte of bytes) {
    if (byte <= 3 && safe.at(-1) === 0 && safe.at(-2) === 0) safe.push(3);
    safe.push(byte);
  }
  return safe;
}

/** Whether decoding can begin at an access unit. */
export function isRandomAccess(accessUnit: Uint8Array, codec: NalCodec): boolean {
  const [from, to] = FIRST_ACCESS[codec];
  return nalUnits(accessUnit).some((nal) => {
    const type = typeOf(nal, codec);
    return type >= from && type <= to;
  });
}

/** Where the start codes of access unit delimiters begin. */
export function delimiterStarts(bytes: Uint8Array, codec: NalCodec): number[] {
  return nalStarts(bytes)
    .filter((start) => typeOf(bytes.subarray(start), codec) === DELIMITER[codec])
    .map((start) => startCodeBefore(bytes, start));
}

/** An access unit without its delimiter. */
export function withoutDelimiter(accessUnit: Uint8Array, codec: NalCodec): Uint8Array {
  const [first, second] = nalStarts(accessUnit);
  if (first === undefined || second === undefined) return accessUnit;
  if (typeOf(accessUnit.subarray(first), codec) !== DELIMITER[codec]) return accessUnit;
  return accessUnit.subarray(startCodeBefore(accessUnit, second));
}

/** Where the start code of the NAL unit at `start` begins: of four bytes or of three. */
function startCodeBefore(bytes: Uint8Array, start: number): number {
  return bytes[start - 4] === 0 ? start - 4 : start - 3;
}

function typeOf(nal: Uint8Array, codec: NalCodec): number {
  const [first = 0, second = 0] = nal;
  if (codec === 'vvc') return second >> 3;
  return codec === 'h264' ? first & 0x1f : (first >> 1) & 0x3f;
}

/** NAL units without their start codes; zeros behind a unit belong to the next start code. */
function nalUnits(bytes: Uint8Array): Uint8Array[] {
  const starts = nalStarts(bytes);
  return starts.map((start, i) => {
    const next = starts[i + 1];
    let end = next === undefined ? bytes.length : next - 3;
    while (end > start && bytes[end - 1] === 0) end -= 1;
    return bytes.subarray(start, end);
  });
}

/** Where NAL units begin, behind their start codes. */
function nalStarts(bytes: Uint8Array): number[] {
  const starts: number[] = [];
  for (let at = bytes.indexOf(1); at >= 0; at = bytes.indexOf(1, at + 1)) {
    if (at >= 2 && bytes[at - 1] === 0 && bytes[at - 2] === 0) starts.push(at + 1);
  }
  return starts;
}
