import {
  AV_NOPTS_VALUE,
  AVFMT_GENERIC_INDEX,
  AVFMT_NOTIMESTAMPS,
  AVFMT_TS_DISCONT,
  AVSEEK_FLAG_BACKWARD,
  AVSEEK_FLAG_BYTE,
} from 'node-av/constants';
import { type CodecContext, type FormatContext, Frame, Packet, type Stream } from 'node-av/lib';
import type { PictureSize } from '../../../src/media/source-video.ts';
import { codecFactsOf, openDecoder } from '../media/decoder.ts';

/** Evenly spread, the last at the very end: two recordings that were joined show, and a look takes 0.1 s in 1080p. */
const PLACES = 6;
/** What is read at a place until a keyframe gave its picture: a few seconds of film. */
const MAX_PACKETS = 1000;
const MAX_BYTES = 8 * 1024 * 1024;

/**
 * Decodes a keyframe at some places of a file and tells each size that is not the one given, once. A change that lies
 * between two places and goes back before the second is missed: the scan sees every frame.
 *
 * @param format moved to other places; read nothing else from it afterwards.
 */
export async function laterSizes(
  format: FormatContext,
  stream: Stream,
  fileBytes: number,
  first: PictureSize,
): Promise<PictureSize[]> {
  // On one thread a picture comes out at once.
  const decoder = await openDecoder(codecFactsOf(stream, null), { threads: 1 });
  const packet = new Packet();
  const frame = new Frame();
  packet.alloc();
  frame.alloc();
  const sizes: PictureSize[] = [];
  try {
    for (let place = 1; place <= PLACES; place++) {
      if ((await seek(format, fileBytes, place / PLACES)) < 0) continue;
      const size = await nextSize(format, stream, decoder, packet, frame);
      if (size !== null && ![first, ...sizes].some((known) => isSameSize(known, size))) sizes.push(size);
    }
    return sizes;
  } finally {
    packet.free();
    frame.free();
    decoder.freeContext();
  }
}

function isSameSize(a: PictureSize, b: PictureSize): boolean {
  return a.width === b.width && a.height === b.height;
}

/** A place as share of the file: by bytes where timestamps start over or an index would have to be built first. */
async function seek(format: FormatContext, fileBytes: number, share: number): Promise<number> {
  const flags = format.iformat?.flags ?? 0;
  if ((flags & (AVFMT_TS_DISCONT | AVFMT_NOTIMESTAMPS | AVFMT_GENERIC_INDEX)) !== 0) {
    // Behind the place there must be a keyframe yet.
    const position = Math.max(
      fileBytes * (share - 0.5 / PLACES),
      Math.min(fileBytes * share, fileBytes - MAX_BYTES),
    );
    return format.seekFrame(-1, BigInt(Math.floor(position)), AVSEEK_FLAG_BYTE);
  }
  if (format.duration === AV_NOPTS_VALUE) return -1;
  const start = format.startTime === AV_NOPTS_VALUE ? 0n : format.startTime;
  const time = start + BigInt(Math.floor(Number(format.duration) * share));
  return format.seekFrame(-1, time, AVSEEK_FLAG_BACKWARD);
}

/** The size of the first keyframe from here on that can be decoded by itself; null where none is near. */
async function nextSize(
  format: FormatContext,
  stream: Stream,
  decoder: CodecContext,
  packet: Packet,
  frame: Frame,
): Promise<PictureSize | null> {
  let bytes = 0;
  for (let packets = 0; packets < MAX_PACKETS && bytes < MAX_BYTES; packets++) {
    if ((await format.readFrame(packet)) < 0) return null;
    bytes += packet.size;
    const isKeyframe = packet.streamIndex === stream.index && packet.isKeyframe && packet.size > 0;
    const size = isKeyframe ? await sizeOf(decoder, packet, frame) : null;
    packet.unref();
    if (size !== null) return size;
  }
  return null;
}

async function sizeOf(decoder: CodecContext, packet: Packet, frame: Frame): Promise<PictureSize | null> {
  await decoder.sendPacket(packet);
  await decoder.sendPacket(null);
  const isDecoded = (await decoder.receiveFrame(frame)) >= 0;
  const size = isDecoded ? { width: frame.width, height: frame.height } : null;
  frame.unref();
  decoder.flushBuffers();
  return size;
}
