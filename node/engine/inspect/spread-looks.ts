import {
  AV_NOPTS_VALUE,
  AVFMT_GENERIC_INDEX,
  AVFMT_NOTIMESTAMPS,
  AVFMT_TS_DISCONT,
  AVSEEK_FLAG_BACKWARD,
  AVSEEK_FLAG_BYTE,
} from 'node-av/constants';
import { type CodecContext, type FormatContext, Frame, Packet, type Stream } from 'node-av/lib';
import { codecFactsOf, openDecoder } from '../media/decoder.ts';

/** What is read at a place until a keyframe gave its picture: a few seconds of film. */
const MAX_PACKETS = 1000;
const MAX_BYTES = 8 * 1024 * 1024;

/**
 * Keyframes at places that are evenly spread over a file, the last at its very end, each once; places without one near
 * are left out. Each frame is lent until the next is asked for.
 *
 * @param format moved to other places; read nothing else from it afterwards.
 */
export async function* spreadLooks(
  format: FormatContext,
  stream: Stream,
  fileBytes: number,
  places: number,
): AsyncGenerator<Frame, void, undefined> {
  // On one thread a picture comes out at once.
  const decoder = await openDecoder(codecFactsOf(stream, null), { threads: 1 });
  const packet = new Packet();
  const frame = new Frame();
  packet.alloc();
  frame.alloc();
  let last = '';
  try {
    for (let place = 1; place <= places; place++) {
      if ((await seekToShare(format, fileBytes, place / places, 0.5 / places)) < 0) continue;
      const found = await nextKeyframe(format, stream, decoder, packet, frame);
      // Where keyframes are far apart, several places have the same one behind them.
      if (found !== null && found !== last) yield frame;
      last = found ?? last;
      frame.unref();
    }
  } finally {
    packet.free();
    frame.free();
    decoder.freeContext();
  }
}

/**
 * Goes to a place as share of the file: by bytes where timestamps start over or an index would have to be built first.
 *
 * @param margin share of the file that is gone back by where bytes count.
 * @returns less than 0 where that cannot be done.
 */
export async function seekToShare(
  format: FormatContext,
  fileBytes: number,
  share: number,
  margin = 0,
): Promise<number> {
  const flags = format.iformat?.flags ?? 0;
  if ((flags & (AVFMT_TS_DISCONT | AVFMT_NOTIMESTAMPS | AVFMT_GENERIC_INDEX)) !== 0) {
    // Behind the place there must be a keyframe yet.
    const position = Math.max(
      fileBytes * (share - margin),
      Math.min(fileBytes * share, fileBytes - MAX_BYTES),
    );
    return format.seekFrame(-1, BigInt(Math.floor(position)), AVSEEK_FLAG_BYTE);
  }
  if (format.duration === AV_NOPTS_VALUE) return -1;
  const start = format.startTime === AV_NOPTS_VALUE ? 0n : format.startTime;
  const time = start + BigInt(Math.floor(Number(format.duration) * share));
  return format.seekFrame(-1, time, AVSEEK_FLAG_BACKWARD);
}

/**
 * Fills `frame` with the first keyframe from here on that can be decoded by itself. Gives what tells it from others of
 * the file; null where none is near.
 */
async function nextKeyframe(
  format: FormatContext,
  stream: Stream,
  decoder: CodecContext,
  packet: Packet,
  frame: Frame,
): Promise<string | null> {
  let bytes = 0;
  for (let packets = 0; packets < MAX_PACKETS && bytes < MAX_BYTES; packets++) {
    if ((await format.readFrame(packet)) < 0) return null;
    bytes += packet.size;
    const isKeyframe = packet.streamIndex === stream.index && packet.isKeyframe && packet.size > 0;
    const isDecoded = isKeyframe && (await decodeAlone(decoder, packet, frame));
    const name = `${packet.pos} ${packet.pts}`;
    packet.unref();
    if (isDecoded) return name;
  }
  return null;
}

async function decodeAlone(decoder: CodecContext, packet: Packet, frame: Frame): Promise<boolean> {
  await decoder.sendPacket(packet);
  await decoder.sendPacket(null);
  const isDecoded = (await decoder.receiveFrame(frame)) >= 0;
  decoder.flushBuffers();
  return isDecoded;
}
