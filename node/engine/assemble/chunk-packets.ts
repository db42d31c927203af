import { readFile } from 'node:fs/promises';
import { AV_PKT_FLAG_KEY } from 'node-av/constants';
import { Packet } from 'node-av/lib';
import type { VideoCodec } from '../../../src/encoder/encoder-definition.ts';
import { type IvfFrame, parseIvf } from '../../../src/encoder/ivf.ts';
import { isKeyUnit } from '../../../src/encoder/stream-header.ts';

/** The units of a proven chunk, one for each of its frames, in decode order. */
export async function readChunk(path: string, frameCount: number): Promise<readonly IvfFrame[]> {
  const { frames } = parseIvf(await readFile(path));
  if (frames.length !== frameCount) {
    throw new Error(
      `The chunk ${path} holds ${frames.length} frames, ${frameCount} were expected: the store was changed from outside. Run vadeio-node cache clear and the command again.`,
    );
  }
  return frames;
}

/** A unit as a packet of the output, its timestamps in the output's ticks. */
export function videoPacket(
  data: Uint8Array,
  codec: VideoCodec,
  streamIndex: number,
  { pts, dts }: { readonly pts: bigint; readonly dts: bigint },
): Packet {
  const packet = new Packet();
  packet.alloc();
  packet.data = Buffer.from(data.buffer, data.byteOffset, data.length);
  packet.streamIndex = streamIndex;
  packet.pts = pts;
  packet.dts = dts;
  if (isKeyUnit(data, codec)) packet.setFlags(AV_PKT_FLAG_KEY);
  return packet;
}
