import { readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { cutsOf, type Film, frameCountOf } from './draw-frame.ts';
import { encodeFilm, encodeTone, type Track, type VideoRecipe } from './encode-track.ts';
import { muxTracks } from './mux-tracks.ts';

export { readFrameNumber } from './draw-frame.ts';

export interface MadeSource {
  readonly path: string;
  /** Numbers of the frames that a player shows, in order; null where damage makes that a decoder's choice. */
  readonly frameNumbers: readonly number[] | null;
  /** Where the drawn shots change. */
  readonly cuts: readonly number[];
  readonly frameRate: readonly [number, number];
}

interface Recipe {
  readonly film?: Partial<Film>;
  readonly video: Omit<VideoRecipe, 'frameRate'>;
  readonly frameRate?: readonly [number, number];
  readonly fileName: string;
  /** Name of FFmpeg's muxer. */
  readonly format: string;
  readonly muxer?: Readonly<Record<string, string>>;
  readonly startSeconds?: number;
  readonly audio?: { readonly codec: string; readonly seconds: number };
  /** Packets before this keyframe (counted from 0) are left out, as a stream copy from the middle does. */
  readonly fromKeyframe?: number;
  readonly numbers?: (all: readonly number[], track: Track) => readonly number[] | null;
  /** Changes the finished file. */
  readonly finish?: (path: string) => Promise<void>;
}

const FILM: Film = {
  width: 320,
  height: 180,
  pixelFormat: 'yuv420p',
  shots: [34, 17, 26, 9, 34],
  isInterlaced: false,
};

const GOP = 'keyint=24:min-keyint=6:bframes=5:b-pyramid=normal:ref=4:b-adapt=0';
const OPEN_GOP = `open-gop=1:${GOP}`;

function x264(params: string, extra: Readonly<Record<string, string>> = {}): Omit<VideoRecipe, 'frameRate'> {
  return { codec: 'libx264', options: { preset: 'veryfast', crf: '24', 'x264-params': params, ...extra } };
}

function x265(params: string): Omit<VideoRecipe, 'frameRate'> {
  const common = 'log-level=none:keyint=24:min-keyint=6:bframes=4:open-gop=1';
  return {
    codec: 'libx265',
    options: { preset: 'superfast', crf: '26', 'x265-params': `${common}:${params}` },
  };
}

const inStream = (video: Omit<VideoRecipe, 'frameRate'>): Omit<VideoRecipe, 'frameRate'> => ({
  ...video,
  globalHeader: false,
});

/** Every seventh and eleventh frame lasts longer, and one stays for a quarter of a second. */
const VFR_TIMES = Array.from(
  { length: frameCountOf(FILM) },
  (_, i) => i * 4 + Math.floor(i / 7) * 3 + Math.floor(i / 11) * 2 + (i > 60 ? 24 : 0),
);

const HDR10 =
  'hdr10=1:master-display=G(13250,34500)B(7500,3000)R(34000,16000)WP(15635,16450)L(10000000,1):max-cll=1000,400:colorprim=bt2020:transfer=smpte2084:colormatrix=bt2020nc';

/** The end of an MP4 whose first 20 frames an edit list hides. */
const EDITED_FRAMES = 20;

const RECIPES = {
  'h264-open-mkv': { video: x264(OPEN_GOP), fileName: 'open.mkv', format: 'matroska' },
  'h264-open-mp4': { video: x264(OPEN_GOP), fileName: 'open.mp4', format: 'mp4' },
  'h264-open-ts': { video: inStream(x264(OPEN_GOP)), fileName: 'open.ts', format: 'mpegts' },
  'h264-fragmented-mp4': {
    video: x264(OPEN_GOP),
    fileName: 'fragmented.mp4',
    format: 'mp4',
    muxer: { movflags: 'frag_keyframe+empty_moov' },
  },
  'h264-closed-mp4': { video: x264(`open-gop=0:${GOP}`), fileName: 'closed.mp4', format: 'mp4' },
  'h264-direct-mkv': {
    video: x264(`open-gop=1:direct=temporal:${GOP.replace('ref=4', 'ref=6')}`),
    fileName: 'direct.mkv',
    format: 'matroska',
  },
  'h264-raw': { video: inStream(x264(OPEN_GOP)), fileName: 'raw.h264', format: 'h264' },
  'h264-edit-list-mp4': {
    video: x264(OPEN_GOP),
    fileName: 'edited.mp4',
    format: 'mp4',
    muxer: { avoid_negative_ts: 'disabled', use_editlist: '1' },
    startSeconds: -EDITED_FRAMES / 24,
    numbers: (all) => all.slice(EDITED_FRAMES),
  },
  'h264-intra-refresh-mkv': {
    video: x264('intra-refresh=1:keyint=24:bframes=0:ref=2'),
    fileName: 'refresh.mkv',
    format: 'matroska',
  },
  'h264-mbaff-ts': {
    film: { height: 192, isInterlaced: true },
    video: inStream(x264(`tff=1:${OPEN_GOP}`)),
    frameRate: [25, 1],
    fileName: 'interlaced.ts',
    format: 'mpegts',
  },
  'h264-10bit-mkv': {
    film: { pixelFormat: 'yuv420p10le' },
    video: x264(OPEN_GOP),
    fileName: '10bit.mkv',
    format: 'matroska',
  },
  'h264-422-mkv': {
    film: { pixelFormat: 'yuv422p' },
    video: x264(OPEN_GOP),
    fileName: '422.mkv',
    format: 'matroska',
  },
  'h264-444-mkv': {
    film: { pixelFormat: 'yuv444p' },
    video: x264(OPEN_GOP),
    fileName: '444.mkv',
    format: 'matroska',
  },
  'h264-vfr-mkv': {
    video: { ...x264(OPEN_GOP), times: VFR_TIMES },
    frameRate: [120, 1],
    fileName: 'vfr.mkv',
    format: 'matroska',
  },
  'h264-late-start-mkv': {
    video: x264(OPEN_GOP),
    fileName: 'late.mkv',
    format: 'matroska',
    startSeconds: 5,
    muxer: { avoid_negative_ts: 'disabled' },
  },
  'h264-ntsc-mkv': {
    video: x264(OPEN_GOP),
    frameRate: [24_000, 1001],
    fileName: 'ntsc.mkv',
    format: 'matroska',
  },
  'h264-single-shot-mkv': {
    film: { shots: [150] },
    video: x264(`open-gop=1:scenecut=0:${GOP}`),
    fileName: 'single.mkv',
    format: 'matroska',
  },
  'h264-short-shots-mkv': {
    film: { shots: [5, 3, 4, 40, 2, 2, 6, 30, 3] },
    video: x264(OPEN_GOP),
    fileName: 'short.mkv',
    format: 'matroska',
  },
  'h264-one-frame-mp4': { film: { shots: [1] }, video: x264(''), fileName: 'one.mp4', format: 'mp4' },
  'h264-long-aac-mp4': {
    film: { shots: [20, 28] },
    video: x264(OPEN_GOP),
    fileName: 'aac.mp4',
    format: 'mp4',
    audio: { codec: 'aac', seconds: 4 },
  },
  'h264-long-flac-mkv': {
    film: { shots: [20, 28] },
    video: x264(OPEN_GOP),
    fileName: 'flac.mkv',
    format: 'matroska',
    audio: { codec: 'flac', seconds: 4 },
  },
  'h264-odd-name-mkv': {
    film: { shots: [12, 12] },
    video: x264(OPEN_GOP),
    fileName: 'it\'s "a" film: größe 映画 50%.mkv',
    format: 'matroska',
  },
  'h264-cut-ts': {
    video: inStream(x264(OPEN_GOP)),
    fileName: 'cut.ts',
    format: 'mpegts',
    numbers: () => null,
    finish: async (path) => {
      const bytes = await readFile(path);
      await writeFile(path, bytes.subarray(188 * Math.floor(bytes.length / 188 / 6)));
    },
  },
  'hevc-open-mkv': { video: x265(''), fileName: 'hevc.mkv', format: 'matroska' },
  'hevc-open-mp4': { video: x265(''), fileName: 'hevc.mp4', format: 'mp4' },
  'hevc-open-ts': { video: inStream(x265('repeat-headers=1')), fileName: 'hevc.ts', format: 'mpegts' },
  'hevc-10bit-mkv': {
    film: { pixelFormat: 'yuv420p10le' },
    video: x265(''),
    fileName: 'hevc10.mkv',
    format: 'matroska',
  },
  'hevc-hdr10-mkv': {
    film: { pixelFormat: 'yuv420p10le' },
    video: { ...x265(HDR10), colour: [9, 16, 9, 1] },
    fileName: 'hdr10.mkv',
    format: 'matroska',
  },
  'hevc-cra-start-mkv': {
    video: x265(''),
    fileName: 'cra.mkv',
    format: 'matroska',
    fromKeyframe: 1,
    numbers: () => null,
  },
  'vp9-webm': {
    video: {
      codec: 'libvpx-vp9',
      bitRate: 0,
      gop: 48,
      options: {
        crf: '36',
        deadline: 'good',
        'cpu-used': '8',
        'auto-alt-ref': '1',
        'lag-in-frames': '16',
      },
    },
    fileName: 'vp9.webm',
    format: 'webm',
  },
  'vp9-odd-size-webm': {
    film: { width: 319, height: 179, shots: [30, 30] },
    video: {
      codec: 'libvpx-vp9',
      bitRate: 0,
      gop: 24,
      options: { crf: '36', deadline: 'realtime', 'cpu-used': '8' },
    },
    fileName: 'odd.webm',
    format: 'webm',
  },
  'vp8-webm': {
    video: {
      codec: 'libvpx',
      bitRate: 600_000,
      gop: 40,
      options: { deadline: 'realtime', 'cpu-used': '8', 'auto-alt-ref': '1', 'lag-in-frames': '10' },
    },
    fileName: 'vp8.webm',
    format: 'webm',
  },
  'av1-mkv': {
    video: { codec: 'libsvtav1', options: { preset: '12', crf: '40', 'svtav1-params': 'keyint=40:lp=2' } },
    fileName: 'av1.mkv',
    format: 'matroska',
  },
  'mpeg2-ts': {
    video: { codec: 'mpeg2video', bitRate: 3_000_000, gop: 15, bFrames: 2, globalHeader: false },
    frameRate: [25, 1],
    fileName: 'mpeg2.ts',
    format: 'mpegts',
  },
  'mpeg2-interlaced-ps': {
    film: { height: 192, isInterlaced: true },
    video: {
      codec: 'mpeg2video',
      bitRate: 3_000_000,
      gop: 15,
      bFrames: 2,
      globalHeader: false,
      options: { alternate_scan: '1' },
    },
    frameRate: [25, 1],
    fileName: 'mpeg2.mpg',
    format: 'vob',
  },
  'mpeg4-asp-avi': {
    video: {
      codec: 'mpeg4',
      bitRate: 1_500_000,
      gop: 40,
      bFrames: 2,
      globalHeader: false,
      options: { flags: '+qpel' },
    },
    frameRate: [25, 1],
    fileName: 'asp.avi',
    format: 'avi',
  },
  'prores-mov': {
    film: { pixelFormat: 'yuv422p10le', shots: [20, 20] },
    video: { codec: 'prores_ks', options: { profile: '1' } },
    fileName: 'prores.mov',
    format: 'mov',
  },
  'theora-ogv': {
    video: { codec: 'libtheora', bitRate: 800_000, gop: 32 },
    fileName: 'theora.ogv',
    format: 'ogg',
  },
  'ffv1-rgb-mkv': {
    film: { pixelFormat: 'gbrp10le', shots: [12, 12] },
    video: { codec: 'ffv1', gop: 5 },
    fileName: 'rgb.mkv',
    format: 'matroska',
  },
} as const satisfies Record<string, Recipe>;

/** A stream whose size and parameters change in the middle while the clock starts anew, as broadcasts do. */
const CHANGING = 'h264-changing-ts';

export type SourceKind = keyof typeof RECIPES | typeof CHANGING;
export const SOURCE_KINDS = [...Object.keys(RECIPES), CHANGING] as readonly SourceKind[];

/**
 * Makes a source of this kind in `directory`, with the embedded engine. Takes well under a second each.
 *
 * @param shots other lengths of the shots than the kind's own; 1,023 frames at most in all.
 */
export async function makeSource(
  kind: SourceKind,
  directory: string,
  shots: readonly number[] | null = null,
): Promise<MadeSource> {
  if (kind === CHANGING) return makeChanging(directory);
  const recipe: Recipe = RECIPES[kind];
  return makeFromRecipe(shots === null ? recipe : { ...recipe, film: { ...recipe.film, shots } }, directory);
}

async function makeFromRecipe(recipe: Recipe, directory: string): Promise<MadeSource> {
  const film = { ...FILM, ...recipe.film };
  const frameRate = recipe.frameRate ?? ([24, 1] as const);
  const path = join(directory, recipe.fileName);
  const whole = await encodeFilm(film, { ...recipe.video, frameRate });
  const track = recipe.fromKeyframe === undefined ? whole : cutBefore(whole, recipe.fromKeyframe);
  const audio =
    recipe.audio === undefined ? [] : [await encodeTone(recipe.audio.codec, recipe.audio.seconds)];
  await muxTracks(path, recipe.format, [track, ...audio], recipe.muxer, recipe.startSeconds);
  await recipe.finish?.(path);
  const all = Array.from({ length: frameCountOf(film) }, (_, i) => i);
  const frameNumbers = recipe.numbers === undefined ? all : recipe.numbers(all, track);
  for (const { parameters } of [whole, ...audio]) parameters.free();
  return { path, frameNumbers, cuts: cutsOf(film), frameRate };
}

function cutBefore(track: Track, keyframe: number): Track {
  const keys = [...track.packets.keys()].filter((i) => ((track.packets[i]?.flags ?? 0) & 1) !== 0);
  return { ...track, packets: track.packets.slice(keys[keyframe]) };
}

async function makeChanging(directory: string): Promise<MadeSource> {
  const path = join(directory, 'changing.ts');
  const parts = [
    { film: { ...FILM, shots: [30, 30] }, video: inStream(x264(OPEN_GOP)) },
    {
      film: { ...FILM, width: 240, height: 136, shots: [30, 30] },
      video: inStream(x264('ref=2:keyint=25:cabac=0:bframes=2:open-gop=1')),
    },
  ];
  const files: Buffer[] = [];
  for (const { film, video } of parts) {
    const track = await encodeFilm(film, { ...video, frameRate: [24, 1] });
    await muxTracks(path, 'mpegts', [track]);
    track.parameters.free();
    files.push(await readFile(path));
    await rm(path);
  }
  await writeFile(path, Buffer.concat(files));
  const once = Array.from({ length: 60 }, (_, i) => i);
  return { path, frameNumbers: [...once, ...once], cuts: [30, 60, 90], frameRate: [24, 1] };
}
