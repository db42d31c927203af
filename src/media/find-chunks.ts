import { GridHistory, gridActivity } from './grid-change.ts';
import { type ChunkBounds, ChunkPlanner, type PlannedChunk } from './plan-chunks.ts';
import { type SettledFrame, ShotDetector } from './shots.ts';

/** Cost of a frame in which nothing is to be seen and nothing moves, in units of mean luma difference. */
const BASE_COMPLEXITY = 4;
/** A cut costs what a keyframe costs; how different the pictures are does not matter beyond this. */
const MOST_MOTION = 32;

/** From frames' luma grids to cuts and chunks, online: what is certain comes out at once. */
export class ChunkFinder {
  readonly #history = new GridHistory();
  readonly #detector = new ShotDetector();
  readonly #planner: ChunkPlanner;
  readonly #given: ReadonlySet<number> | null;
  readonly #forced: Set<number>;
  readonly #cuts: number[] = [];
  /** Complexities of the frames that are not settled yet. */
  readonly #unsettled: number[] = [];
  #settledCount = 0;

  /**
   * @param cuts frames at which shots start, used instead of finding them; null to find them.
   * @param forced frames at which a chunk starts in any case, however short the one before becomes.
   */
  constructor(bounds: ChunkBounds, cuts: readonly number[] | null, forced: readonly number[] = []) {
    this.#planner = new ChunkPlanner(bounds);
    this.#given = cuts === null ? null : new Set(cuts);
    this.#forced = new Set(forced);
  }

  /** Frames at which a new shot was found to start, so far; 0 is none of them. */
  get cuts(): readonly number[] {
    return this.#cuts;
  }

  /** A chunk starts with this frame, which is the next one to be pushed or a later one. */
  force(frame: number): void {
    this.#forced.add(frame);
  }

  /** Takes the next frame's grid (8-bit luma samples); gives the chunks whose end it makes certain. */
  push(luma: Uint8Array): PlannedChunk[] {
    const change = this.#history.push(luma);
    this.#unsettled.push(BASE_COMPLEXITY + gridActivity(luma) + Math.min(change.one, MOST_MOTION));
    const settled = this.#detector.push(change);
    return settled === null ? [] : this.#plan(settled);
  }

  /** The chunks that are left when no more frames come. */
  end(): PlannedChunk[] {
    const certain = this.#detector.end().flatMap((settled) => this.#plan(settled));
    return [...certain, ...this.#planner.end()];
  }

  #plan({ isCut, difference }: SettledFrame): PlannedChunk[] {
    const frame = this.#settledCount++;
    const isUsed = frame > 0 && (this.#given === null ? isCut : this.#given.has(frame));
    if (isUsed) this.#cuts.push(frame);
    const before = this.#forced.has(frame) ? this.#planner.end() : [];
    const complexity = this.#unsettled.shift() ?? 0;
    return [...before, ...this.#planner.push({ isCut: isUsed, difference, complexity })];
  }
}
