import type { FrameRange } from '../../src/media/frame-range.ts';
import type { Measure } from '../../src/quality/measure.ts';
import type { CrfRange, SearchStep } from '../../src/quality/search-crf.ts';
import type { ChosenQuality } from '../../src/schedule/leader/events.ts';
import type { KnownProbe } from './known-probes.ts';

/** A chunk that rests is decided with others. */
export type ChunkStep = SearchStep | 'rest';

/** Of a search in which nothing is decided for a chunk alone. */
export interface FilmDecisions {
  /** What an earlier run settled is settled at once, whatever becomes of the others. */
  readonly keepsSettled: boolean;
  /** Every chunk was met. */
  endFilm(): void;
  /** Chunks that rested and whose next steps are known since this was last asked; each is told once. */
  takeReleased(): readonly number[];
}

/** How a job finds the CRF of each of its chunks: it is told what was tried, and says what to try next or to take. */
export interface ChunkSearch {
  /** How every try is scored by its maker; null: none is. */
  readonly measure: Measure | null;
  readonly range: CrfRange;
  /** null: each chunk is settled by itself. */
  readonly film: FilmDecisions | null;
  /** A chunk was found. @param complexity summed over its frames, in the scan's units. */
  meet(chunk: number, frames: FrameRange, complexity: number): void;
  /** Numbers from 1 on of tries of a chunk that may begin beside its first one, at other CRFs; asked when it is offered and when it is released. */
  trialsBeside(chunk: number): readonly number[];
  /** The same for slots that have nothing else to do, at most so many more; asked again and again. */
  widen(chunk: number, most: number): readonly number[];
  /** What the chunk's next attempts are encoded at. @param trial 0, or a number of a try beside. */
  trialOf(chunk: number, trial: number): number;
  /** In which of the job's variants those are; left out: in the chunk's own. */
  variantOf?(chunk: number, trial: number): number | null;
  note(chunk: number, probe: KnownProbe): void;
  /** Its result is not what it was, or is gone. */
  forget(chunk: number, crf: number): void;
  /** What was tried of a chunk that is not settled. */
  probesOf(chunk: number): readonly KnownProbe[];
  /** Whether nothing is to be tried of a chunk for now. */
  isResting(chunk: number): boolean;
  step(chunk: number): ChunkStep;
  /** The chunk's result is the probe at this CRF. @param taken what that was encoded at, which may be near it. */
  settle(chunk: number, crf: number, taken: number): ChosenQuality;
  /** Pooled; null where no score is aimed at. */
  scoreOf(probe: KnownProbe): number | null;
}

/** Every CRF that may be tried. */
export function crfsIn({ min, max, step }: CrfRange): number[] {
  return Array.from({ length: Math.floor((max - min) / step) + 1 }, (_, index) => min + index * step);
}
