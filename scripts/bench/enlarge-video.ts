import { Decoder, Demuxer, Encoder, FilterAPI, Muxer, pipeline } from 'node-av/api';
import { FF_ENCODER_LIBX264 } from 'node-av/constants';

/** Writes the video of `input` in another size, as H.264: a 4K source where packages hold none. */
export async function enlargeVideo(
  input: string,
  output: string,
  size: { readonly width: number; readonly height: number },
): Promise<void> {
  await using from = await Demuxer.open(input);
  const stream = from.video();
  if (stream === undefined) throw new Error(`${input} has no video`);
  using decoder = await Decoder.create(stream);
  using filter = FilterAPI.create(`scale=${size.width}:${size.height}:flags=bicubic,format=yuv420p`);
  using encoder = await Encoder.create(FF_ENCODER_LIBX264, {
    options: { preset: 'ultrafast', crf: 23, 'x264-params': 'bframes=2:keyint=120' },
  });
  await using to = await Muxer.open(output);
  await pipeline(from, decoder, filter, encoder, to).completion;
}
