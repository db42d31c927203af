import { BitWriter } from './bit-writer.ts';

/**
 * AVDynamicHDRPlus of FFmpeg 8 (libavutil/hdr_dynamic_metadata.h) on every machine that has 64 bits: where its fields
 * begin. Fractions are two ints; FFmpeg's decoders put the number that was read from the stream into the first.
 */
const STRUCT_BYTES = 11_304;
const AT = {
  version: 1,
  windowCount: 2,
  windows: 4,
  targetLuminance: 1288,
  targetPeaks: 1296,
  masteringPeaks: 6300,
} as const;

/** AVHDRPlusColorTransformParams, one for each window: where its fields begin. */
const WINDOW_BYTES = 428;
const IN_WINDOW = {
  corners: [0, 8, 16, 24],
  centre: [32, 34],
  rotation: 36,
  axes: [38, 40, 42],
  overlap: 44,
  brightest: [48, 56, 64],
  average: 72,
  percentileCount: 80,
  percentiles: 84,
  brightShare: 264,
  hasCurve: 272,
  knee: [276, 284],
  anchorCount: 292,
  anchors: 296,
  hasSaturation: 416,
  saturation: 420,
} as const;

const FRACTION_BYTES = 8;
const PERCENTILE_BYTES = 12;
/** Tables of a display's peaks have so many columns in memory, used or not. */
const PEAK_COLUMNS = 25;

/**
 * What HDR10+ (SMPTE ST 2094-40) says of one frame, as it stands in a coded stream: a message of ITU-T T.35 in the
 * syntax of CTA-861-H, Annex S, from its country code on.
 *
 * @param sideData FFmpeg's AVDynamicHDRPlus.
 * @param hasMoved the picture no longer is where it was: its parts (windows other than the whole, which no profile of
 *   HDR10+ has) are left out, as they are told in the source's pixels.
 * @throws a sentence when it is not what FFmpeg 8 keeps in memory.
 */
export function hdr10PlusMessage(sideData: Uint8Array, hasMoved: boolean): Uint8Array {
  if (sideData.length !== STRUCT_BYTES) {
    throw new Error(
      `FFmpeg gave HDR10+ metadata of ${sideData.length} bytes, expected ${STRUCT_BYTES}. Install vadeio-node again with npm.`,
    );
  }
  const view = new DataView(sideData.buffer, sideData.byteOffset, sideData.length);
  const told = view.getUint8(AT.windowCount);
  const windowCount = hasMoved ? Math.min(1, told) : told;
  const windows = Array.from({ length: windowCount }, (_, index) => AT.windows + index * WINDOW_BYTES);
  const bits = new BitWriter();
  // The United States, Samsung, ST 2094-40.
  bits.write(0xb5, 8);
  bits.write(0x003c, 16);
  bits.write(0x0001, 16);
  bits.write(4, 8);
  bits.write(view.getUint8(AT.version), 8);
  bits.write(windowCount, 2);
  for (const window of windows.slice(1)) writePlace(bits, view, window);
  bits.write(view.getInt32(AT.targetLuminance, true), 27);
  writePeaks(bits, view, AT.targetPeaks);
  for (const window of windows) writeLight(bits, view, window);
  writePeaks(bits, view, AT.masteringPeaks);
  for (const window of windows) writeMapping(bits, view, window);
  return bits.bytes();
}

/** Corners of a window, and the ellipse in it. */
function writePlace(bits: BitWriter, view: DataView, window: number): void {
  const { corners, centre, rotation, axes, overlap } = IN_WINDOW;
  for (const corner of corners) bits.write(view.getInt32(window + corner, true), 16);
  for (const at of centre) bits.write(view.getUint16(window + at, true), 16);
  bits.write(view.getUint8(window + rotation), 8);
  for (const axis of axes) bits.write(view.getUint16(window + axis, true), 16);
  bits.write(view.getInt32(window + overlap, true), 1);
}

/** The brightest and the mean of a window's samples, and how they are spread. */
function writeLight(bits: BitWriter, view: DataView, window: number): void {
  const { brightest, average, percentileCount, percentiles, brightShare } = IN_WINDOW;
  for (const at of [...brightest, average]) bits.write(view.getInt32(window + at, true), 17);
  const count = view.getUint8(window + percentileCount);
  bits.write(count, 4);
  for (let index = 0; index < count; index++) {
    const at = window + percentiles + index * PERCENTILE_BYTES;
    bits.write(view.getUint8(at), 7);
    bits.write(view.getInt32(at + 4, true), 17);
  }
  bits.write(view.getInt32(window + brightShare, true), 10);
}

/** The table of a display's peaks: a flag, rows, columns, and their values in memory at the next place of a fraction. */
function writePeaks(bits: BitWriter, view: DataView, at: number): void {
  const isTold = view.getUint8(at);
  bits.write(isTold, 1);
  if (isTold === 0) return;
  const [rows, columns] = [view.getUint8(at + 1), view.getUint8(at + 2)];
  bits.write(rows, 5);
  bits.write(columns, 5);
  for (let row = 0; row < rows; row++) {
    for (let column = 0; column < columns; column++) {
      const index = row * PEAK_COLUMNS + column;
      bits.write(view.getInt32(at + 4 + index * FRACTION_BYTES, true), 4);
    }
  }
}

/** How a window's tones and saturation are mapped. */
function writeMapping(bits: BitWriter, view: DataView, window: number): void {
  const { hasCurve, knee, anchorCount, anchors, hasSaturation, saturation } = IN_WINDOW;
  const curve = view.getUint8(window + hasCurve);
  bits.write(curve, 1);
  if (curve !== 0) {
    for (const at of knee) bits.write(view.getInt32(window + at, true), 12);
    const count = view.getUint8(window + anchorCount);
    bits.write(count, 4);
    for (let index = 0; index < count; index++) {
      bits.write(view.getInt32(window + anchors + index * FRACTION_BYTES, true), 10);
    }
  }
  const weighted = view.getUint8(window + hasSaturation);
  bits.write(weighted, 1);
  if (weighted !== 0) bits.write(view.getInt32(window + saturation, true), 6);
}
