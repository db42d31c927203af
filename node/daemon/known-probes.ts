import { codedBytes } from '../../src/encoder/ivf.ts';
import type { CurvePoint } from '../../src/quality/allocate.ts';

/** A trial encode of a chunk. */
export interface KnownProbe {
  readonly crf: number;
  readonly bytes: number;
  /** One for each of the chunk's frames; none where no score is aimed at. */
  readonly scores: readonly number[];
  /** Of this run; null: it lay in the store before. */
  readonly attempt: number | null;
  /** The proof refused it, time after time: it is not in the store. */
  readonly isRefused: boolean;
  /** Which of the job's variants it was encoded in; null: in the job's own settings. */
  readonly variant: number | null;
  /** Who made it, and in how much time of a CPU; null where that is not known. */
  readonly cost: EncodeCost | null;
}

export interface EncodeCost {
  readonly peer: string;
  readonly cpuSeconds: number;
}

/** What was tried of each chunk that is not settled, each CRF once. */
export class KnownProbes {
  readonly #probes = new Map<number, readonly KnownProbe[]>();

  add(chunk: number, probe: KnownProbe): void {
    this.forget(chunk, probe.crf);
    this.#probes.set(chunk, [...this.of(chunk), probe]);
  }

  of(chunk: number): readonly KnownProbe[] {
    return this.#probes.get(chunk) ?? [];
  }

  /** What was tried of a chunk of so many frames, as points of its curve. */
  pointsOf(chunk: number, frameCount: number, scoreOf: (probe: KnownProbe) => number): CurvePoint[] {
    return this.of(chunk).map((probe) => ({
      crf: probe.crf,
      bytes: codedBytes(probe.bytes, frameCount),
      score: scoreOf(probe),
    }));
  }

  at(chunk: number, crf: number): KnownProbe | undefined {
    return this.of(chunk).find((probe) => probe.crf === crf);
  }

  forget(chunk: number, crf: number): void {
    this.#probes.set(
      chunk,
      this.of(chunk).filter((probe) => probe.crf !== crf),
    );
  }

  forgetChunk(chunk: number): void {
    this.#probes.delete(chunk);
  }
}
