import type { FrameRange } from './frame-range.ts';

/** What planning needs to know of a frame, once it is settled. */
export interface PlannedFrame {
  /** A new shot starts with this frame. */
  readonly isCut: boolean;
  /** Change to the frame before; a shot that has to be divided is divided where it is high. */
  readonly difference: number;
  /** Cost of encoding the frame, in fixed units. */
  readonly complexity: number;
}

export interface PlannedChunk extends FrameRange {
  /** Sum over its frames. */
  readonly complexity: number;
}

export interface ChunkBounds {
  /** A chunk is never shorter, unless the whole source is. In frames. */
  readonly minFrames: number;
  /** A chunk is never longer. In frames, at least twice the minimum. */
  readonly maxFrames: number;
  /** The first chunks are at most this long, later ones a multiple (`rampStep`): the swarm starts at once. */
  readonly rampFrames: number;
}

/** The first chunks, and what later ones grow by: so much is scanned in well under a second. */
const RAMP_SECONDS = 2;
/** One for the leader and one for the first peer; each more costs a keyframe, and mostly a lead-in, for nothing. */
const RAMP_CHUNKS = 2;
/** Dividing a shot more often than it must be costs lead-ins: 336 frames of the first 285 of Big Buck Bunny, now 144. */
const RAMP_GROWTH = 4;
/** Rates outside are mistakes of containers (a still picture, a clock's tick); bounds in frames must stay sane. */
const LEAST_RATE = 1;
const MOST_RATE = 480;

/**
 * Bounds in frames. A minimum of more than half the maximum would make lengths that cannot be divided, so it is
 * lowered to that.
 *
 * @param frameRate frames a second.
 */
export function chunkBounds(frameRate: number, minSeconds: number, maxSeconds: number): ChunkBounds {
  const rate = Math.min(MOST_RATE, Math.max(LEAST_RATE, frameRate));
  const maxFrames = Math.max(2, Math.floor(maxSeconds * rate));
  const minFrames = Math.min(Math.max(1, Math.ceil(minSeconds * rate)), Math.floor(maxFrames / 2));
  return { minFrames, maxFrames, rampFrames: Math.max(2 * minFrames, Math.round(RAMP_SECONDS * rate)) };
}

/** A dividing place may be sought this share of the longest chunk before the wanted one. */
const SEARCH_SHARE = 0.25;

/**
 * Makes chunks of shots, online: each leaves as soon as its end is certain, which is at most one longest and one
 * shortest chunk after its start. A chunk ends at the first cut that leaves it long enough; cuts that come sooner are
 * inside of it. A shot that is longer than allowed is divided at its liveliest place near the wanted one. Chunks
 * depend on the frames alone, not on when they come.
 *
 * Cuts that the user gave (`--scenes`) are treated as found ones: the bounds hold for them too.
 */
export class ChunkPlanner {
  readonly #bounds: ChunkBounds;
  /** Frames from the start of the chunk that is planned next. */
  #frames: PlannedFrame[] = [];
  #startFrame = 0;
  #count = 0;

  constructor(bounds: ChunkBounds) {
    this.#bounds = bounds;
  }

  /** Takes the next settled frame; gives the chunks whose end it makes certain. */
  push(frame: PlannedFrame): PlannedChunk[] {
    this.#frames.push(frame);
    const chunks: PlannedChunk[] = [];
    for (let end = this.#certainEnd(); end !== null; end = this.#certainEnd()) chunks.push(this.#take(end));
    return chunks;
  }

  /** The chunks that are left when no more frames come. */
  end(): PlannedChunk[] {
    const chunks: PlannedChunk[] = [];
    while (this.#frames.length > 0) chunks.push(this.#take(this.#lastEnd()));
    return chunks;
  }

  /** The longest that the next chunk may be. */
  get #maxFrames(): number {
    return Math.min(this.#bounds.maxFrames, this.#bounds.rampFrames * rampStep(this.#count));
  }

  /** Length of the next chunk, once the frames known so far decide it whatever follows. */
  #certainEnd(): number | null {
    const { minFrames } = this.#bounds;
    const known = this.#frames.length;
    const cut = this.#firstCut(minFrames, this.#maxFrames);
    // What follows the cut must be long enough for a chunk of its own.
    if (cut !== null) return known >= cut + minFrames ? cut : null;
    if (known < this.#maxFrames + minFrames) return null;
    return this.#divide(this.#firstCut(this.#maxFrames + 1, known - 1));
  }

  /** Length of the next chunk where the known frames are all that is left. */
  #lastEnd(): number {
    const { minFrames } = this.#bounds;
    const left = this.#frames.length;
    if (left < 2 * minFrames) return left;
    const cut = this.#firstCut(minFrames, Math.min(this.#maxFrames, left - minFrames));
    if (cut !== null) return cut;
    return left <= this.#maxFrames ? left : this.#divide(left);
  }

  /**
   * Where a shot that is too long is divided: in halves where its end is near enough for that, else near the longest
   * that is allowed. Never so that less than the least is left of the shot.
   */
  #divide(shotEnd: number | null): number {
    const { minFrames } = this.#bounds;
    const longest = Math.min(this.#maxFrames, shotEnd === null ? this.#maxFrames : shotEnd - minFrames);
    const wanted = shotEnd === null ? longest : Math.min(longest, Math.ceil(shotEnd / 2));
    const reach = Math.floor(this.#maxFrames * SEARCH_SHARE);
    return this.#liveliest(Math.max(minFrames, wanted - reach), Math.min(longest, wanted + reach), wanted);
  }

  /** The frame in `[from, to]` that differs most from the one before; distance to the wanted place counts against. */
  #liveliest(from: number, to: number, wanted: number): number {
    let best = Math.max(from, Math.min(to, wanted));
    let bestScore = -1;
    for (let at = from; at <= to; at++) {
      const distance = Math.abs(at - wanted) / (to - from + 1);
      const score = (this.#frames[at]?.difference ?? 0) * (1 - distance / 2);
      if (score > bestScore) {
        best = at;
        bestScore = score;
      }
    }
    return best;
  }

  #firstCut(from: number, to: number): number | null {
    const last = Math.min(to, this.#frames.length - 1);
    for (let at = from; at <= last; at++) if (this.#frames[at]?.isCut) return at;
    return null;
  }

  #take(length: number): PlannedChunk {
    const taken = this.#frames.slice(0, length);
    this.#frames = this.#frames.slice(length);
    const startFrame = this.#startFrame;
    this.#startFrame += taken.length;
    this.#count++;
    const complexity = taken.reduce((sum, frame) => sum + frame.complexity, 0);
    return { startFrame, endFrame: this.#startFrame, complexity };
  }
}

/** The first RAMP_CHUNKS chunks are the shortest, so that several machines have work at once; then they grow fast. */
export function rampStep(chunk: number): number {
  return RAMP_GROWTH ** Math.max(0, chunk - RAMP_CHUNKS + 1);
}
