import { type FileHandle, open } from 'node:fs/promises';
import { join } from 'node:path';
import {
  FRAME_RECORD_BYTES,
  type FrameRecord,
  PACKET_RECORD_BYTES,
  type PacketRecord,
  readFrameRecord,
  readPacketRecord,
} from '../../src/media/scan-records.ts';

/** Names of the files that a scan leaves in its folder; the scan child writes them, everybody else reads. */
export const SCAN_FILES = {
  frames: 'frames.bin',
  packets: 'packets.bin',
  sideData: 'side-data.bin',
  spool: 'spool.bin',
} as const;

/** Reads ranges of a scan's records. Cheap: one positioned read a call, nothing kept. */
export class ScanFiles {
  readonly #directory: string;
  readonly #handles = new Map<string, Promise<FileHandle>>();

  constructor(directory: string) {
    this.#directory = directory;
  }

  /** Frame records `[start, end)` in presentation order. Throws when the scan has not written them yet. */
  async frames(start: number, end: number): Promise<FrameRecord[]> {
    const bytes = await this.#read(
      SCAN_FILES.frames,
      start * FRAME_RECORD_BYTES,
      (end - start) * FRAME_RECORD_BYTES,
    );
    return Array.from({ length: end - start }, (_, i) => readFrameRecord(bytes, i * FRAME_RECORD_BYTES));
  }

  /** Packet records `[start, end)` in decode order; the first has tag `start`. */
  async packets(start: number, end: number): Promise<PacketRecord[]> {
    const bytes = await this.#read(
      SCAN_FILES.packets,
      start * PACKET_RECORD_BYTES,
      (end - start) * PACKET_RECORD_BYTES,
    );
    return Array.from({ length: end - start }, (_, i) => readPacketRecord(bytes, i * PACKET_RECORD_BYTES));
  }

  /** The encoded side data of one packet, as the scan child wrote it. */
  async sideData(packet: PacketRecord): Promise<Uint8Array> {
    return this.#read(SCAN_FILES.sideData, packet.sideDataOffset, packet.sideDataBytes);
  }

  /** Bytes of the spool, for packets that do not stand in the source as they are. */
  async spooled(offset: number, sizeBytes: number): Promise<Uint8Array> {
    return this.#read(SCAN_FILES.spool, offset, sizeBytes);
  }

  async close(): Promise<void> {
    const handles = [...this.#handles.values()];
    this.#handles.clear();
    for (const handle of await Promise.allSettled(handles)) {
      if (handle.status === 'fulfilled') await handle.value.close();
    }
  }

  async #read(name: string, position: number, length: number): Promise<Uint8Array> {
    const handle = await this.#open(name);
    const bytes = new Uint8Array(length);
    let done = 0;
    while (done < length) {
      const { bytesRead } = await handle.read(bytes, done, length - done, position + done);
      if (bytesRead === 0) {
        throw new Error(
          `The scan's file ${name} ends at ${position + done} bytes, ${position + length} were expected: it was cut short. Run the command again to scan the source anew.`,
        );
      }
      done += bytesRead;
    }
    return bytes;
  }

  #open(name: string): Promise<FileHandle> {
    const known = this.#handles.get(name);
    if (known !== undefined) return known;
    const handle = open(join(this.#directory, name), 'r');
    this.#handles.set(name, handle);
    return handle;
  }
}
