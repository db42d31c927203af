import { type FileHandle, open } from 'node:fs/promises';
import { decodeSideData, type PacketSideData } from '../../src/media/packet-side-data.ts';
import { decodeSliceHeader, LENGTH_BYTES, readHeaderLength, type SliceHeader } from './slice-format.ts';

/** One packet of a slice as a decoder takes it. */
export interface CodedPacket {
  readonly tag: number;
  readonly flags: number;
  readonly sideData: readonly PacketSideData[];
  readonly data: Buffer;
}

/** A slice on disk, read packet by packet: one packet is in memory at a time. */
export interface SliceFile extends AsyncDisposable {
  readonly header: SliceHeader;
  packets(): AsyncGenerator<CodedPacket, void, undefined>;
}

/** Opens a slice file. Throws a sentence when it is not a slice, or not whole. */
export async function openSliceFile(path: string): Promise<SliceFile> {
  const handle = await open(path, 'r');
  try {
    const { size } = await handle.stat();
    const headerBytes = readHeaderLength(await readExactly(handle, 0, LENGTH_BYTES, size));
    const header = decodeSliceHeader(await readExactly(handle, LENGTH_BYTES, headerBytes, size));
    const dataStart = LENGTH_BYTES + headerBytes;
    const expected = header.packets.reduce((sum, packet) => sum + packet.sizeBytes, dataStart);
    if (size !== expected) {
      throw new Error(`The slice has ${size} bytes, its header announces ${expected}.`);
    }
    return {
      header,
      packets: () => readPackets(handle, header, dataStart, size),
      [Symbol.asyncDispose]: () => handle.close(),
    };
  } catch (error) {
    await handle.close();
    throw error;
  }
}

async function* readPackets(
  handle: FileHandle,
  header: SliceHeader,
  dataStart: number,
  size: number,
): AsyncGenerator<CodedPacket, void, undefined> {
  let position = dataStart;
  for (const [i, packet] of header.packets.entries()) {
    yield {
      tag: header.firstTag + i,
      flags: packet.flags,
      sideData: packet.sideData === null ? [] : decodeSideData(packet.sideData),
      data: await readExactly(handle, position, packet.sizeBytes, size),
    };
    position += packet.sizeBytes;
  }
}

async function readExactly(
  handle: FileHandle,
  position: number,
  length: number,
  size: number,
): Promise<Buffer> {
  if (position + length > size) {
    throw new Error(`The slice ends at ${size} bytes, at least ${position + length} were expected.`);
  }
  const bytes = Buffer.allocUnsafe(length);
  let done = 0;
  while (done < length) {
    const { bytesRead } = await handle.read(bytes, done, length - done, position + done);
    if (bytesRead === 0)
      throw new Error(`The slice was cut short at ${position + done} bytes while it was read.`);
    done += bytesRead;
  }
  return bytes;
}
