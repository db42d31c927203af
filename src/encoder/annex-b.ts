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
    .map((start) => (bytes[start - 4] === 0 ? start - 4 : start - 3));
}

/** An access unit without its delimiter. */
export function withoutDelimiter(accessUnit: Uint8Array, codec: NalCodec): Uint8Array {
  const [first, second] = nalStarts(accessUnit);
  if (first === undefined || second === undefined) return accessUnit;
  if (typeOf(accessUnit.subarray(first), codec) !== DELIMITER[codec]) return accessUnit;
  return accessUnit.subarray(accessUnit[second - 4] === 0 ? second - 4 : second - 3);
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
