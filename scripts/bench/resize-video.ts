import { Decoder, Demuxer, Encoder, FilterAPI, Muxer, pipeline } from 'node-av/api';
import { AV_LOG_ERROR, FF_ENCODER_LIBX264 } from 'node-av/constants';
import { Log } from 'node-av/lib';

/** How the picture and the file change. */
export interface Resize {
  readonly width: number;
  readonly height: number;
  /** Pixels cut off at the left edge first: the same clip again is then another one. */
  readonly cropLeft?: number;
  /** The first frame that is kept, counted from 0. */
  readonly fromFrame?: number;
  /** No more than so many frames. */
  readonly frames?: number;
  /** Shown at this rate, none left out or doubled. */
  readonly framesPerSecond?: number;
  /** Of x264, 0 to 51; 0 is lossless and makes a file of high rate. */
  readonly crf?: number;
}

/** Writes the video of `input` in another size, as H.264: sources that packages do not hold. */
export async function resizeVideo(input: string, output: string, resize: Resize): Promise<void> {
  const { crf = 23 } = resize;
  Log.setLevel(AV_LOG_ERROR);
  await using from = await Demuxer.open(input);
  const stream = from.video();
  if (stream === undefined) throw new Error(`${input} has no video`);
  using decoder = await Decoder.create(stream);
  using filter = FilterAPI.create(filtersOf(resize));
  using encoder = await Encoder.create(FF_ENCODER_LIBX264, {
    options: { preset: 'ultrafast', crf, 'x264-params': 'bframes=2:keyint=120' },
  });
  await using to = await Muxer.open(output);
  await pipeline(from, decoder, filter, encoder, to).completion;
}

function filtersOf({
  width,
  height,
  cropLeft = 0,
  fromFrame = 0,
  frames = Number.MAX_SAFE_INTEGER,
  framesPerSecond,
}: Resize): string {
  const rate =
    framesPerSecond === undefined ? '' : `settb=1/${framesPerSecond},setpts=N,fps=${framesPerSecond},`;
  return (
    `select=between(n\\,${fromFrame}\\,${fromFrame + frames - 1}),${rate}` +
    `crop=iw-${cropLeft}:ih:${cropLeft}:0,scale=${width}:${height}:flags=bicubic,format=yuv420p`
  );
}
