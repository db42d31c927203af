/** One piece of packet side data; `type` is FFmpeg's AV_PKT_DATA_* number. */
export interface PacketSideData {
  readonly type: number;
  readonly data: Uint8Array;
}

const HEADER_BYTES = 8;

/** The side data of one packet as bytes: for each piece its type and length (u32, little endian), then its data. */
export function encodeSideData(pieces: readonly PacketSideData[]): Uint8Array {
  const bytes = new Uint8Array(pieces.reduce((sum, piece) => sum + HEADER_BYTES + piece.data.length, 0));
  const view = new DataView(bytes.buffer);
  let offset = 0;
  for (const { type, data } of pieces) {
    view.setUint32(offset, type, true);
    view.setUint32(offset + 4, data.length, true);
    bytes.set(data, offset + HEADER_BYTES);
    offset += HEADER_BYTES + data.length;
  }
  return bytes;
}

/** The inverse of `encodeSideData`; the data are views into `bytes`. Throws when a length points outside. */
export function decodeSideData(bytes: Uint8Array): PacketSideData[] {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  const pieces: PacketSideData[] = [];
  let offset = 0;
  while (offset < bytes.length) {
    const left = bytes.length - offset - HEADER_BYTES;
    const length = left < 0 ? 0 : view.getUint32(offset + 4, true);
    if (left < length) {
      throw new Error(
        `Packet side data of ${bytes.length} bytes is cut short: a piece at ${offset} needs ${HEADER_BYTES + length} bytes, ${bytes.length - offset} are left.`,
      );
    }
    const start = offset + HEADER_BYTES;
    pieces.push({ type: view.getUint32(offset, true), data: bytes.subarray(start, start + length) });
    offset = start + length;
  }
  return pieces;
}
