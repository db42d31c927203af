import { stat } from 'node:fs/promises';
import { AVERROR_EAGAIN, AVERROR_EOF } from 'node-av/constants';
import { type CodecContext, type FormatContext, Frame, Packet, type Stream } from 'node-av/lib';
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
