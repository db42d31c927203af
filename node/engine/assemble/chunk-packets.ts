import { readFile } from 'node:fs/promises';
import { AV_PKT_FLAG_KEY } from 'node-av/constants';
import { Packet } from 'node-av/lib';
import { isKeyframe } from '../../../src/encoder/av1-obu.ts';
import { type IvfFrame, parseIvf } from '../../../src/encoder/ivf.ts';

/** The temporal units of a proven chunk, one for each of its frames, in order. */
export async function readChunk(path: string, frameCount: number): Promise<readonly IvfFrame[]> {
  const { frames } = parseIvf(await readFile(path));
  if (frames.length !== frameCount) {
    throw new Error(
      `The chunk ${path} holds ${frames.length} frames, ${frameCount} were expected: the store was changed from outside. Run vadeio-node cache clear and the command again.`,
    );
  }
  return frames;
}

/** A temporal unit as a packet of the output; its duration is set once the next timestamp is known. */
export function videoPacket(data: Uint8Array, streamIndex: number, ticks: bigint): Packet {
  const packet = new Packet();
  packet.alloc();
  packet.data = Buffer.from(data.buffer, data.byteOffset, data.length);
  packet.streamIndex = streamIndex;
  packet.pts = ticks;
  packet.dts = ticks;
  if (isKeyframe(data)) packet.setFlags(AV_PKT_FLAG_KEY);
  return packet;
}
