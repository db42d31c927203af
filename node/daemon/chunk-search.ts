import type { FrameRange } from '../../src/media/frame-range.ts';
import type { Measure } from '../../src/quality/measure.ts';
import type { CrfRange, SearchStep } from '../../src/quality/search-crf.ts';
import type { ChosenQuality } from '../../src/schedule/leader/events.ts';
import type { KnownProbe } from './known-probes.ts';

/** How a job finds the CRF of each of its chunks: it is told what was tried, and says what to try next or to take. */
export interface ChunkSearch {
  /** How every try is scored by its maker; null: none is. */
  readonly measure: Measure | null;
  readonly range: CrfRange;
  /** A chunk was found. @param complexity summed over its frames, in the scan's units. */
  meet(chunk: number, frames: FrameRange, complexity: number): void;
  /** What the chunk's next attempts are encoded at. */
  trialOf(chunk: number): number;
  note(chunk: number, probe: KnownProbe): void;
  /** Its result is not what it was, or is gone. */
  forget(chunk: number, crf: number): void;
  /** What was tried of a chunk that is not settled. */
  probesOf(chunk: number): readonly KnownProbe[];
  step(chunk: number): SearchStep;
  /** The chunk's result is the probe at this CRF. */
  settle(chunk: number, crf: number): ChosenQuality;
  /** Pooled; null where no score is aimed at. */
  scoreOf(probe: KnownProbe): number | null;
}

/** Every CRF that may be tried. */
export function crfsIn({ min, max, step }: CrfRange): number[] {
  return Array.from({ length: Math.floor((max - min) / step) + 1 }, (_, index) => min + index * step);
}
