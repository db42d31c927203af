/** Codecs whose units are NAL units behind start codes (Annex B of H.264 and of HEVC). */
export type NalCodec = 'hevc' | 'h264';

const START_CODE = Uint8Array.of(0, 0, 0, 1);
/** VPS, SPS, PPS of HEVC (table 7-1); SPS, PPS of H.264 (table 7-1). */
const PARAMETER_SETS: Readonly<Record<NalCodec, readonly number[]>> = { hevc: [32, 33, 34], h264: [7, 8] };
const SEQUENCE_SET: Readonly<Record<NalCodec, number>> = { hevc: 33, h264: 7 };

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

/** Whether decoding can begin at an access unit: an IDR picture of H.264, an IRAP picture of HEVC. */
export function isRandomAccess(accessUnit: Uint8Array, codec: NalCodec): boolean {
  return nalUnits(accessUnit).some((nal) => {
    const type = typeOf(nal, codec);
    return codec === 'h264' ? type === 5 : type >= 16 && type <= 23;
  });
}

function typeOf(nal: Uint8Array, codec: NalCodec): number {
  const first = nal[0] ?? 0;
  return codec === 'h264' ? first & 0x1f : (first >> 1) & 0x3f;
}

/** NAL units without their start codes; zeros behind a unit belong to the next start code. */
function nalUnits(bytes: Uint8Array): Uint8Array[] {
  const starts: number[] = [];
  for (let at = bytes.indexOf(1); at >= 0; at = bytes.indexOf(1, at + 1)) {
    if (at >= 2 && bytes[at - 1] === 0 && bytes[at - 2] === 0) starts.push(at + 1);
  }
  return starts.map((start, i) => {
    const next = starts[i + 1];
    let end = next === undefined ? bytes.length : next - 3;
    while (end > start && bytes[end - 1] === 0) end -= 1;
    return bytes.subarray(start, end);
  });
}
