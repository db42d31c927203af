import { PICTURE_BYTES, PICTURE_LUMA_HEIGHT, PICTURE_LUMA_WIDTH } from '../media/sketch.ts';

/**
 * How far a result's small pictures may be from the source's, in steps of 0 to 255. What was measured, each the worst
 * of all frames at CRF 63 and the fastest preset, where nothing coarser can be asked for: Big Buck Bunny at 1080p
 * (330 frames: a fade from black that ends in a jump of brightness, pans, slow dialogue) and eight drawn sources of
 * hard contrast, one of them of flashes, one coded with `film-grain=50`.
 */
export interface ClosenessLimits {
  /** Mean over a frame's luma boxes. Measured 11.2 for four frames after the fade, else 6.7. */
  readonly lumaMean: number;
  /** Measured 3.2. Swapped chroma planes of the same frames: 15 and more. */
  readonly chromaMean: number;
  /** One box. Measured 57, at the edge of a black block on white; more than STALE_SHARE of the boxes may not pass it. */
  readonly lumaBox: number;
  /** Measured 23. */
  readonly chromaBox: number;
  /**
   * Luma mean of a frame that is also LONE_FACTOR times that of both its neighbours: one damaged frame. Measured 5.4,
   * where flashes, fades and flicker were drawn.
   */
  readonly loneLumaMean: number;
  /** Mean over all of a chunk's frames. Measured 2.9. Another shot of the same film: 20 and more. */
  readonly chunkLumaMean: number;
  /** Measured 1.9. */
  readonly chunkChromaMean: number;
}

export const CLOSENESS: ClosenessLimits = {
  lumaMean: 20,
  chromaMean: 9,
  lumaBox: 96,
  chromaBox: 60,
  loneLumaMean: 9,
  chunkLumaMean: 8,
  chunkChromaMean: 5,
};

const LONE_FACTOR = 3;

/**
 * Share of a frame's boxes that may be beyond the limit of one box. SVT-AV1's fast presets leave a block of sudden hard
 * contrast as it was for a frame now and then (seen by eye, 11 of 576 boxes off by 144 at preset 12, the same on every
 * machine): ugly, but what the encoder made of the right picture, and no reason to refuse a film.
 */
const STALE_SHARE = 0.03;

/** Frames before and after its own that a decoded frame is compared with. */
const NEIGHBOURS = [-4, -3, -2, -1, 1, 2, 3, 4] as const;
/** Mean difference between two source frames from which on they can be told apart after coarse coding. */
const MOTION = 0.5;
/** A decoded frame votes for a neighbour that is closer than its own frame by this share of their difference. */
const VOTE_MARGIN = 0.25;
/** Fewer frames in motion say nothing. */
const MIN_VOTERS = 8;
/**
 * Share of votes from which a chunk counts as shifted. Measured with the frames above: right chunks at most 0.05; a
 * shift by one frame 0.88 to 1, but 0.19 in the slow dialogue, by three frames 0.73 to 1.
 */
const SHIFTED_SHARE = 0.5;

const LUMA_BYTES = PICTURE_LUMA_WIDTH * PICTURE_LUMA_HEIGHT;

/** How far two small pictures are apart, 0 to 255: on average, and in the box that differs most. */
export interface PictureDifference {
  /** Over luma and chroma together. */
  readonly mean: number;
  readonly lumaMean: number;
  readonly chromaMean: number;
  /** The box that differs most when STALE_SHARE of the boxes are left out. */
  readonly lumaBox: number;
  readonly chromaBox: number;
  /** The box that differs most. */
  readonly largest: number;
}

/**
 * Compares the small pictures of a decoded chunk with the source's: each frame must be close, the chunk closer still,
 * and where there is motion it must be closer to its own frames than to their neighbours.
 *
 * @param expected the source's, PICTURE_BYTES each
 * @param got the result's, one after another in one array
 * @param isBlended a filter mixed frames with those before: nothing can be said of neighbours then. That the right frames
 * went into the encoder, in order, is what the fingerprints prove.
 * @returns what is wrong, null when all is close
 */
export function comparePictures(
  expected: readonly Uint8Array[],
  got: Uint8Array,
  isBlended = false,
): string | null {
  if (got.length !== expected.length * PICTURE_BYTES) {
    return `${got.length / PICTURE_BYTES} frames were decoded, expected ${expected.length}`;
  }
  const decoded = expected.map((_, i) => got.subarray(i * PICTURE_BYTES, (i + 1) * PICTURE_BYTES));
  return findFarFrame(expected, decoded) ?? (isBlended ? null : findShift(expected, decoded));
}

export function pictureDifference(a: Uint8Array, b: Uint8Array): PictureDifference {
  const luma = difference(a, b, 0, LUMA_BYTES);
  const chroma = difference(a, b, LUMA_BYTES, PICTURE_BYTES);
  return {
    mean: (luma.sum + chroma.sum) / PICTURE_BYTES,
    lumaMean: luma.sum / LUMA_BYTES,
    chromaMean: chroma.sum / (PICTURE_BYTES - LUMA_BYTES),
    lumaBox: largestButStale(a, b, 0, LUMA_BYTES),
    chromaBox: largestButStale(a, b, LUMA_BYTES, PICTURE_BYTES),
    largest: Math.max(luma.largest, chroma.largest),
  };
}

/** Whether one picture can be an encode of the other. */
export function isClose(found: PictureDifference): boolean {
  return excessOf(found) === null;
}

/** What is beyond the limits for a frame, in words; null when nothing is. */
function excessOf(found: PictureDifference): string | null {
  return (
    beyond('luma on average', found.lumaMean, CLOSENESS.lumaMean) ??
    beyond('chroma on average', found.chromaMean, CLOSENESS.chromaMean) ??
    beyond('luma in one place', found.lumaBox, CLOSENESS.lumaBox) ??
    beyond('chroma in one place', found.chromaBox, CLOSENESS.chromaBox)
  );
}

function beyond(what: string, value: number, limit: number): string | null {
  return value <= limit ? null : `${value.toFixed(1)} of 255 in ${what}, at most ${limit} is expected`;
}

function findFarFrame(expected: readonly Uint8Array[], decoded: readonly Uint8Array[]): string | null {
  const found = expected.map((picture, i) => pictureDifference(picture, decoded[i] as Uint8Array));
  for (const [i, frame] of found.entries()) {
    const besides = Math.max(found[i - 1]?.lumaMean ?? 0, found[i + 1]?.lumaMean ?? 0);
    const excess = excessOf(frame);
    if (excess !== null) return `frame ${i} of the chunk is off by ${excess}`;
    if (frame.lumaMean > CLOSENESS.loneLumaMean && frame.lumaMean > LONE_FACTOR * besides) {
      return `frame ${i} of the chunk stands out: it is off by ${frame.lumaMean.toFixed(1)} of 255 in luma on average, its neighbours by ${besides.toFixed(1)}`;
    }
  }
  const excess =
    beyond('luma on average', average(found.map((frame) => frame.lumaMean)), CLOSENESS.chunkLumaMean) ??
    beyond('chroma on average', average(found.map((frame) => frame.chromaMean)), CLOSENESS.chunkChromaMean);
  return excess === null ? null : `the chunk's ${expected.length} frames are off by ${excess}`;
}

function average(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}

/**
 * Whether most frames in motion show a neighbour of their own frame.
 *
 * @returns what was found, in words; null when nothing was
 */
export function findShift(expected: readonly Uint8Array[], decoded: readonly Uint8Array[]): string | null {
  for (const shift of NEIGHBOURS) {
    let voters = 0;
    let votes = 0;
    for (const [i, own] of expected.entries()) {
      const neighbour = expected[i + shift];
      if (neighbour === undefined) continue;
      const motion = meanDifference(own, neighbour);
      if (motion < MOTION) continue;
      voters += 1;
      const picture = decoded[i] as Uint8Array;
      const margin = VOTE_MARGIN * motion;
      if (meanDifference(picture, neighbour) + margin < meanDifference(picture, own)) votes += 1;
    }
    if (voters >= MIN_VOTERS && votes > SHIFTED_SHARE * voters) {
      return `${votes} of ${voters} frames in motion show the frame ${Math.abs(shift)} ${shift < 0 ? 'before' : 'after'} their own`;
    }
  }
  return null;
}

function meanDifference(a: Uint8Array, b: Uint8Array): number {
  return difference(a, b, 0, PICTURE_BYTES).sum / PICTURE_BYTES;
}

/** The largest difference of a box once the few that may be stale are left out. */
function largestButStale(a: Uint8Array, b: Uint8Array, start: number, end: number): number {
  const counts = new Uint16Array(256);
  for (let i = start; i < end; i++) {
    const distance = Math.abs((a[i] as number) - (b[i] as number));
    counts[distance] = (counts[distance] as number) + 1;
  }
  let left = Math.floor((end - start) * STALE_SHARE);
  for (let distance = 255; distance > 0; distance--) {
    left -= counts[distance] as number;
    if (left < 0) return distance;
  }
  return 0;
}

function difference(
  a: Uint8Array,
  b: Uint8Array,
  start: number,
  end: number,
): { readonly sum: number; readonly largest: number } {
  let sum = 0;
  let largest = 0;
  for (let i = start; i < end; i++) {
    const distance = Math.abs((a[i] as number) - (b[i] as number));
    sum += distance;
    if (distance > largest) largest = distance;
  }
  return { sum, largest };
}
