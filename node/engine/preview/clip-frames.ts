import { stat } from 'node:fs/promises';
import { AV_NOPTS_VALUE, AVERROR_EAGAIN, AVERROR_EOF } from 'node-av/constants';
import { type CodecContext, type FormatContext, Frame, Packet, type Stream } from 'node-av/lib';
import type { Rational } from '../../../src/media/rational.ts';
import type { FilmMoment } from '../../../src/zones/zone.ts';
import { seekToShare } from '../inspect/spread-looks.ts';
import { codecFactsOf, openDecoder } from '../media/decoder.ts';
import { FrameFilter } from '../media/filter-frames.ts';
import type { PictureSettings } from '../media/filter-steps.ts';
import { openSource } from '../media/open-source.ts';

/** Where a clip is taken from a source. */
export interface ClipPlace {
  readonly path: string;
  readonly streamIndex: number;
  /** Of the film, 0 to 1. */
  readonly share: number;
  readonly frameCount: number;
}

/**
 * Frames of a clip as the encoder gets them, from the keyframe before its place on; the same ones each time. A source in
 * which one cannot go to a place gives its beginning. Each frame is lent until the next is asked for.
 */
export async function* clipFrames(
  place: ClipPlace,
  settings: PictureSettings,
): AsyncGenerator<Frame, void, undefined> {
  const filter = new FrameFilter(settings);
  let count = 0;
  try {
    for await (const frame of decodedFrames(place)) {
      for (const ready of filter.push(frame)) {
        yield ready;
        count += 1;
        if (count === place.frameCount) return;
      }
    }
    for (const ready of filter.end()) {
      yield ready;
      count += 1;
      if (count === place.frameCount) return;
    }
  } finally {
    filter.free();
  }
}

/**
 * When a clip begins, by its keyframe; the frame's number is what it would be at a constant rate. The film's beginning where a
 * source tells no times.
 */
export async function clipMoment(
  { path, streamIndex, share }: ClipPlace,
  frameRate: Rational,
): Promise<FilmMoment> {
  const format = await openSource(path);
  try {
    const stream = format.streams[streamIndex];
    if (stream === undefined) throw new Error(`${path} has no stream ${streamIndex} any more: it changed.`);
    await seekToShare(format, (await stat(path)).size, share);
    for await (const { pts } of packetsFromKeyframe(format, stream)) {
      const isTimed = pts !== AV_NOPTS_VALUE && stream.startTime !== AV_NOPTS_VALUE;
      const ticks = isTimed ? Number(pts - stream.startTime) : 0;
      const seconds = Math.max(0, (ticks * stream.timeBase.num) / stream.timeBase.den);
      return { seconds, frame: Math.round((seconds * frameRate.num) / frameRate.den) };
    }
    return { seconds: 0, frame: 0 };
  } finally {
    await format.closeInput();
  }
}

async function* decodedFrames({
  path,
  streamIndex,
  share,
}: ClipPlace): AsyncGenerator<Frame, void, undefined> {
  const format = await openSource(path);
  const stream = format.streams[streamIndex];
  if (stream === undefined) throw new Error(`${path} has no stream ${streamIndex} any more: it changed.`);
  await seekToShare(format, (await stat(path)).size, share);
  const decoder = await openDecoder(codecFactsOf(stream, null));
  const frame = new Frame();
  frame.alloc();
  try {
    for await (const packet of packetsFromKeyframe(format, stream)) {
      // One that is damaged gives no picture; the scan tells of it.
      await decoder.sendPacket(packet);
      yield* receivedFrames(decoder, frame);
    }
    await decoder.sendPacket(null);
    yield* receivedFrames(decoder, frame);
  } finally {
    frame.free();
    decoder.freeContext();
    await format.closeInput();
  }
}

async function* receivedFrames(decoder: CodecContext, frame: Frame): AsyncGenerator<Frame, void, undefined> {
  for (;;) {
    const result = await decoder.receiveFrame(frame);
    if (result === AVERROR_EAGAIN || result === AVERROR_EOF || result < 0) return;
    yield frame;
    frame.unref();
  }
}

/** Each is lent until the next is asked for. */
async function* packetsFromKeyframe(
  format: FormatContext,
  stream: Stream,
): AsyncGenerator<Packet, void, undefined> {
  const packet = new Packet();
  packet.alloc();
  let hasBegun = false;
  try {
    while ((await format.readFrame(packet)) >= 0) {
      const isOurs = packet.streamIndex === stream.index && packet.size > 0;
      hasBegun ||= isOurs && packet.isKeyframe;
      if (isOurs && hasBegun) yield packet;
      packet.unref();
    }
  } finally {
    packet.free();
  }
}
