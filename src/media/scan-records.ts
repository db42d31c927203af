import { FINGERPRINT_BYTES, PICTURE_BYTES } from './sketch.ts';

/**
 * The scan leaves three files: fixed-size records of frames (presentation order), fixed-size records of packets
 * (decode order, so a record's position is its tag), and a blob of packet side data. Fixed sizes make any chunk's
 * records readable in O(chunk) without an index in memory.
 */
export interface FrameRecord {
  /** Decode index of the packet that became this frame. */
  readonly tag: number;
  /** Real timestamp in the source's time base, strictly rising; rebuilt where `isRebuilt`. */
  readonly pts: bigint;
  readonly isRebuilt: boolean;
  readonly fingerprint: Uint8Array;
  readonly picture: Uint8Array;
}

export interface PacketRecord {
  /** True: the bytes stand in the source at `offset`, proven equal when scanned. False: in the spool. */
  readonly isInSource: boolean;
  readonly offset: number;
  readonly sizeBytes: number;
  /** FFmpeg's AV_PKT_FLAG_* bits. */
  readonly flags: number;
  /** Where this packet's side data stands in the side data file; size 0 for none. */
  readonly sideDataOffset: number;
  readonly sideDataBytes: number;
  /** Truncated sha256 of the packet's bytes. */
  readonly digest: Uint8Array;
}

export const PACKET_DIGEST_BYTES = 16;
export const FRAME_RECORD_BYTES = 4 + 4 + 8 + FINGERPRINT_BYTES + PICTURE_BYTES;
export const PACKET_RECORD_BYTES = 8 + 4 + 4 + 8 + 4 + 4 + PACKET_DIGEST_BYTES;

const REBUILT = 1;
const IN_SOURCE = 1;

/** Writes one frame record into `target` at `offset`. Little endian. */
export function writeFrameRecord(target: Uint8Array, offset: number, frame: FrameRecord): void {
  const view = new DataView(target.buffer, target.byteOffset + offset, FRAME_RECORD_BYTES);
  view.setUint32(0, frame.tag, true);
  view.setUint32(4, frame.isRebuilt ? REBUILT : 0, true);
  view.setBigInt64(8, frame.pts, true);
  target.set(frame.fingerprint, offset + 16);
  target.set(frame.picture, offset + 16 + FINGERPRINT_BYTES);
}

/** Reads the record at `offset`; fingerprint and picture are views into `source`. */
export function readFrameRecord(source: Uint8Array, offset: number): FrameRecord {
  const view = new DataView(source.buffer, source.byteOffset + offset, FRAME_RECORD_BYTES);
  const pictureStart = offset + 16 + FINGERPRINT_BYTES;
  return {
    tag: view.getUint32(0, true),
    isRebuilt: (view.getUint32(4, true) & REBUILT) !== 0,
    pts: view.getBigInt64(8, true),
    fingerprint: source.subarray(offset + 16, pictureStart),
    picture: source.subarray(pictureStart, pictureStart + PICTURE_BYTES),
  };
}

/** Writes one packet record into `target` at `offset`. Little endian; offsets up to 2^53. */
export function writePacketRecord(target: Uint8Array, offset: number, packet: PacketRecord): void {
  const view = new DataView(target.buffer, target.byteOffset + offset, PACKET_RECORD_BYTES);
  view.setBigUint64(0, BigInt(packet.offset), true);
  view.setUint32(8, packet.sizeBytes, true);
  view.setUint32(12, packet.flags, true);
  view.setBigUint64(16, BigInt(packet.sideDataOffset), true);
  view.setUint32(24, packet.sideDataBytes, true);
  view.setUint32(28, packet.isInSource ? IN_SOURCE : 0, true);
  target.set(packet.digest, offset + 32);
}

/** Reads the record at `offset`; the digest is a view into `source`. */
export function readPacketRecord(source: Uint8Array, offset: number): PacketRecord {
  const view = new DataView(source.buffer, source.byteOffset + offset, PACKET_RECORD_BYTES);
  return {
    offset: Number(view.getBigUint64(0, true)),
    sizeBytes: view.getUint32(8, true),
    flags: view.getUint32(12, true),
    sideDataOffset: Number(view.getBigUint64(16, true)),
    sideDataBytes: view.getUint32(24, true),
    isInSource: (view.getUint32(28, true) & IN_SOURCE) !== 0,
    digest: source.subarray(offset + 32, offset + 32 + PACKET_DIGEST_BYTES),
  };
}
