import { hash } from 'node:crypto';
import { join } from 'node:path';
import {
  AV_PKT_DATA_NEW_EXTRADATA,
  AV_PKT_DATA_PALETTE,
  AV_PKT_DATA_PARAM_CHANGE,
  type AVPacketSideDataType,
} from 'node-av/constants';
import type { Packet } from 'node-av/lib';
import { encodeSideData } from '../../../src/media/packet-side-data.ts';
import {
  FRAME_RECORD_BYTES,
  type FrameRecord,
  PACKET_DIGEST_BYTES,
  PACKET_RECORD_BYTES,
  writeFrameRecord,
  writePacketRecord,
} from '../../../src/media/scan-records.ts';
import { SCAN_FILES } from '../../storage/scan-files.ts';
import { AppendFile } from './append-file.ts';
import type { PacketLocator } from './packet-locator.ts';

/** Side data that changes what a decoder makes of a packet; the rest is about presentation. */
const DECODED_SIDE_DATA: readonly AVPacketSideDataType[] = [
  AV_PKT_DATA_NEW_EXTRADATA,
  AV_PKT_DATA_PALETTE,
  AV_PKT_DATA_PARAM_CHANGE,
];

/**
 * Packets that do not stand in the source as they are come from there all the same, so a spool is about as large as
 * the video in it. Tracks that are compressed once more (zlib in Matroska) may grow; what grows beyond this factor is
 * an attack on the disk.
 */
const SPOOL_LIMIT_FACTOR = 2;

/** Writes the files of a scan (see src/media/scan-records.ts). */
export class ScanWriter {
  readonly #frames: AppendFile;
  readonly #packets: AppendFile;
  readonly #sideData: AppendFile;
  readonly #spool: AppendFile;
  readonly #spoolLimitBytes: number;
  readonly #locator: PacketLocator;
  readonly #frameRecord = new Uint8Array(FRAME_RECORD_BYTES);
  readonly #packetRecord = new Uint8Array(PACKET_RECORD_BYTES);

  constructor(directory: string, locator: PacketLocator, sourceBytes: number) {
    this.#locator = locator;
    this.#spoolLimitBytes = SPOOL_LIMIT_FACTOR * sourceBytes;
    this.#frames = new AppendFile(join(directory, SCAN_FILES.frames));
    this.#packets = new AppendFile(join(directory, SCAN_FILES.packets));
    this.#sideData = new AppendFile(join(directory, SCAN_FILES.sideData));
    this.#spool = new AppendFile(join(directory, SCAN_FILES.spool));
  }

  frame(record: FrameRecord): void {
    writeFrameRecord(this.#frameRecord, 0, record);
    this.#frames.append(this.#frameRecord);
  }

  /** Records the next packet in decode order, with its own position and flags still on it. */
  packet(packet: Packet): void {
    const data = packet.data ?? Buffer.alloc(0);
    const found = this.#locator.find(Number(packet.pos), data);
    const sideData = sideDataOf(packet);
    writePacketRecord(this.#packetRecord, 0, {
      isInSource: found !== null,
      offset: found ?? this.#toSpool(data),
      sizeBytes: data.length,
      flags: packet.flags,
      sideDataOffset: sideData.length === 0 ? 0 : this.#sideData.append(sideData),
      sideDataBytes: sideData.length,
      digest: hash('sha256', data, 'buffer').subarray(0, PACKET_DIGEST_BYTES),
    });
    this.#packets.append(this.#packetRecord);
  }

  /** After it, everything recorded so far can be read by others. */
  flush(): void {
    for (const file of this.#files) file.flush();
  }

  close(): void {
    for (const file of this.#files) file.close();
  }

  get #files(): AppendFile[] {
    // What records point to is written before the records.
    return [this.#spool, this.#sideData, this.#packets, this.#frames];
  }

  #toSpool(data: Buffer): number {
    const offset = this.#spool.append(data);
    if (this.#spool.bytes > this.#spoolLimitBytes) {
      throw new Error(
        `The source's packets unpack to more than ${this.#spoolLimitBytes} bytes, ${SPOOL_LIMIT_FACTOR} times the file's size; a video does not. Remux it with a tool that you trust.`,
      );
    }
    return offset;
  }
}

function sideDataOf(packet: Packet): Uint8Array {
  const pieces = DECODED_SIDE_DATA.flatMap((type) => {
    const data = packet.getSideData(type);
    return data === null ? [] : [{ type, data }];
  });
  return encodeSideData(pieces);
}
