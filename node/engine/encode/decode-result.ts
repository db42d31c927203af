import {
  AVERROR_EAGAIN,
  AVERROR_EOF,
  FF_DECODER_H264,
  FF_DECODER_HEVC,
  FF_DECODER_LIBDAV1D,
  FF_DECODER_VVC,
} from 'node-av/constants';
import { Codec, CodecContext, Frame, Packet } from 'node-av/lib';
import type { VideoCodec } from '../../../src/encoder/encoder-definition.ts';
import type { IvfFile, IvfFrame } from '../../../src/encoder/ivf.ts';
import { check } from '../media/check.ts';

const DECODERS = {
  av1: FF_DECODER_LIBDAV1D,
  hevc: FF_DECODER_HEVC,
  h264: FF_DECODER_H264,
  vvc: FF_DECODER_VVC,
} as const;

/**
 * Decodes a result and gives all its frames, in order. A frame is lent: it is good until the next is asked for.
 *
 * @param hasGrain true to synthesise the film grain that the stream tells of.
 * @throws a sentence when a frame is missing, damaged, out of order or not of the announced size.
 */
export async function* decodeResult(file: IvfFile, hasGrain = false): AsyncGenerator<Frame, void, undefined> {
  const decoder = await openResultDecoder(file.codec, hasGrain);
  const frame = new Frame();
  frame.alloc();
  let count = 0;
  async function* decoded(): AsyncGenerator<Frame, void, undefined> {
    for (;;) {
      const result = await decoder.receiveFrame(frame);
      if (result === AVERROR_EAGAIN || result === AVERROR_EOF) return;
      check(result, `frame ${count} of the result was decoded`);
      checkFrame(file, frame, count);
      count += 1;
      yield frame;
      frame.unref();
    }
  }
  try {
    for (const [index, unit] of file.frames.entries()) {
      const packet = packetOf(unit, index);
      try {
        let sent = await decoder.sendPacket(packet);
        while (sent === AVERROR_EAGAIN) {
          yield* decoded();
          sent = await decoder.sendPacket(packet);
        }
        check(sent, `picture ${index} of the result was decoded`);
      } finally {
        packet.free();
      }
      yield* decoded();
    }
    check(await decoder.sendPacket(null), 'the decoder was told that the result ends');
    yield* decoded();
    if (count !== file.frameCount) {
      throw new Error(`The result decoded to ${count} frames, expected ${file.frameCount}.`);
    }
  } finally {
    frame.free();
    decoder.freeContext();
  }
}

/** Film grain is mostly left to whoever shows the video: it is not in the source's pictures. The caller frees it. */
export async function openResultDecoder(name: VideoCodec, hasGrain = false): Promise<CodecContext> {
  const codec = Codec.findDecoderByName(DECODERS[name]);
  if (codec === null) {
    throw new Error(
      `This build of FFmpeg has no decoder ${DECODERS[name]}. Install vadeio-node again with npm.`,
    );
  }
  const context = new CodecContext();
  context.allocContext3(codec);
  try {
    // One thread costs a sixth less CPU time than two, and the other cores have encodes to do.
    context.threadCount = 1;
    if (!hasGrain) {
      check(context.setOption('export_side_data', 'film_grain'), 'the decoder was told to add no film grain');
    }
    check(await context.open2(codec, null), 'the decoder was opened');
    return context;
  } catch (error) {
    context.freeContext();
    throw error;
  }
}

/** The caller frees it. */
function packetOf({ data, pts }: IvfFrame, index: number): Packet {
  const packet = new Packet();
  packet.alloc();
  packet.data = Buffer.from(data.buffer, data.byteOffset, data.length);
  packet.pts = pts;
  packet.dts = BigInt(index);
  return packet;
}

function checkFrame({ width, height, frameCount }: IvfFile, frame: Frame, index: number): void {
  if (Number(frame.pts) !== index || index >= frameCount) {
    throw new Error(`The result's frame ${frame.pts} came where frame ${index} was expected.`);
  }
  if (frame.width !== width || frame.height !== height) {
    throw new Error(
      `Frame ${index} of the result is ${frame.width}x${frame.height}, expected ${width}x${height}.`,
    );
  }
}
