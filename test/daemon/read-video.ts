import { createHash } from 'node:crypto';
import { AV_NOPTS_VALUE, AV_PKT_FLAG_DISCARD, AV_PKT_FLAG_KEY, AVMEDIA_TYPE_VIDEO } from 'node-av/constants';
import { FormatContext, Packet } from 'node-av/lib';
import { decodeSource } from '../sources/decode-source.ts';
import { readFrameNumber } from '../sources/make-source.ts';

/** One video packet of a file, by the container's own words. */
export interface VideoPacket {
  readonly seconds: number | null;
  readonly bytes: number;
  readonly isKey: boolean;
  readonly sha256: string;
  readonly data: Uint8Array;
}

/** The video packets of a file that a player shows, in decode order. */
export async function readVideoPackets(path: string): Promise<VideoPacket[]> {
  const format = new FormatContext();
  if ((await format.openInput(path)) < 0) throw new Error(`${path} does not open`);
  await format.findStreamInfo(null);
  const video = format.findBestStream(AVMEDIA_TYPE_VIDEO);
  const timeBase = format.streams[video]?.timeBase;
  if (timeBase === undefined) throw new Error(`${path} has no video`);
  const packet = new Packet();
  packet.alloc();
  const packets: VideoPacket[] = [];
  while (format.readFrameSync(packet) >= 0) {
    if (packet.streamIndex === video && (packet.flags & AV_PKT_FLAG_DISCARD) === 0) {
      const seconds =
        packet.pts === AV_NOPTS_VALUE ? null : (Number(packet.pts) * timeBase.num) / timeBase.den;
      packets.push({
        seconds,
        bytes: packet.size,
        isKey: (packet.flags & AV_PKT_FLAG_KEY) !== 0,
        sha256: createHash('sha256')
          .update(packet.data ?? '')
          .digest('hex'),
        data: Uint8Array.from(packet.data ?? []),
      });
    }
    packet.unref();
  }
  packet.free();
  await format.closeInput();
  return packets;
}

/** The numbers that the frames of a file carry, in the order they are shown. */
export async function readFrameNumbers(path: string): Promise<(number | null)[]> {
  const numbers: (number | null)[] = [];
  for await (const { frame } of decodeSource(path)) numbers.push(readFrameNumber(frame));
  return numbers;
}
