import { createHash } from 'node:crypto';
import { AV_NOPTS_VALUE, AVERROR_EAGAIN, AVERROR_EOF } from 'node-av/constants';
import { type CodecContext, Frame, Packet } from 'node-av/lib';
import { codecFactsOf, openDecoder } from '../../node/engine/media/decoder.ts';
import { openSource } from '../../node/engine/media/open-source.ts';
import type { CodecFacts } from '../../node/engine/messages.ts';

/** Hex digest of every sample of every plane of a frame, its format and size. */
export function hashFrame(frame: Frame): string {
  return createHash('md5')
    .update(`${frame.format} ${frame.width}x${frame.height}`)
    .update(frame.toBuffer())
    .digest('hex');
}

/**
 * Decodes the first stream of a file from its first packet to its last and gives every frame, on loan, with its tag.
 *
 * @param change makes the decoder's parameters other ones than the stream's.
 */
export async function* decodeSource(
  path: string,
  change: (facts: CodecFacts) => CodecFacts = (facts) => facts,
): AsyncGenerator<{ frame: Frame; tag: number }> {
  const format = await openSource(path);
  const packet = new Packet();
  packet.alloc();
  let decoder: CodecContext | null = null;
  let tag = -1;
  try {
    while (format.readFrameSync(packet) >= 0) {
      if (packet.streamIndex === 0 && packet.size > 0) {
        const stream = format.streams[0];
        if (stream === undefined) throw new Error(`${path} has no stream`);
        decoder ??= await openDecoder(change(codecFactsOf(stream, packet.data)));
        tag += 1;
        packet.pts = BigInt(tag);
        packet.dts = packet.pts;
        decoder.sendPacketSync(packet);
        yield* takeFrames(decoder, tag);
      }
      packet.unref();
    }
    if (decoder === null) return;
    decoder.sendPacketSync(null);
    yield* takeFrames(decoder, tag);
  } finally {
    packet.free();
    decoder?.freeContext();
    await format.closeInput();
  }
}

function* takeFrames(decoder: CodecContext, lastTag: number): Generator<{ frame: Frame; tag: number }> {
  const frame = new Frame();
  frame.alloc();
  try {
    for (;;) {
      const result = decoder.receiveFrameSync(frame);
      if (result === AVERROR_EAGAIN || result === AVERROR_EOF) return;
      if (result < 0) continue;
      yield { frame, tag: frame.pts === AV_NOPTS_VALUE ? lastTag : Number(frame.pts) };
      frame.unref();
    }
  } finally {
    frame.free();
  }
}
