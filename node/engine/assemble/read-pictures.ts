import { Packet } from 'node-av/lib';
import { openSource } from '../media/open-source.ts';

/** Demuxers give attached pictures before anything else; a few packets of other streams may be among them. */
const MAX_PACKETS = 256;

/**
 * The attached pictures of these streams. The file is opened for them alone: reading on must begin at its first
 * packet, and node-av's `attachedPic` ends the process (SIGSEGV once its packet is collected).
 */
export async function readPictures(path: string, indexes: readonly number[]): Promise<Map<number, Buffer>> {
  const pictures = new Map<number, Buffer>();
  if (indexes.length === 0) return pictures;
  const format = await openSource(path);
  const packet = new Packet();
  packet.alloc();
  try {
    for (let count = 0; count < MAX_PACKETS && pictures.size < indexes.length; count++) {
      if (format.readFrameSync(packet) < 0) break;
      if (indexes.includes(packet.streamIndex) && packet.data !== null) {
        pictures.set(packet.streamIndex, Buffer.from(packet.data));
      }
      packet.unref();
    }
    return pictures;
  } finally {
    packet.free();
    await format.closeInput();
  }
}
