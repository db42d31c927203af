import { canonicalJson } from '../../src/encoder/chunk-identity.ts';
import type { EncodeSettings } from '../../src/encoder/settings.ts';
import type { ChunkQuality, QualityProgress } from '../../src/protocol/control-api.ts';
import type { Measure } from '../../src/quality/measure.ts';
import { poolScores } from '../../src/quality/pool-scores.ts';
import type { QualityTarget } from '../../src/quality/quality-target.ts';
import type { Zone } from '../../src/zones/zone.ts';
import type { ChunkSearch } from './chunk-search.ts';
import { QualitySearch } from './quality-search.ts';

/** Which search finds a chunk's CRF: the job's, its zone's, or none. */
export class ChunkSearches {
  readonly #own: ChunkSearch | null;
  readonly #zones: readonly Zone[];
  /** One for each target. */
  readonly #byTarget = new Map<string, QualitySearch>();

  /** @param own of all chunks whose zones do not say otherwise. */
  constructor(own: ChunkSearch | null, zones: readonly Zone[], settings: EncodeSettings) {
    this.#own = own;
    this.#zones = zones;
    if (own instanceof QualitySearch) this.#byTarget.set(canonicalJson(own.target), own);
    for (const { target } of zones) if (target !== null) this.#add(target, settings);
  }

  /** How results are scored; one for the whole job. */
  get measure(): Measure | null {
    return this.#qualities[0]?.measure ?? this.#own?.measure ?? null;
  }

  /** @param zone the chunk's; null: it lies in none. */
  of(zone: number | null): ChunkSearch | null {
    const found = zone === null ? undefined : this.#zones[zone];
    if (found?.crf != null) return null;
    if (found?.target == null) return this.#own;
    return this.#byTarget.get(canonicalJson(found.target)) ?? null;
  }

  /** Of all targets together; null where there is none. */
  get progress(): QualityProgress | null {
    const all = this.#qualities.map(({ progress }) => progress);
    const [first] = all;
    if (first === undefined) return null;
    const sum = (count: (one: QualityProgress) => number) =>
      all.reduce((total, one) => total + count(one), 0);
    return {
      ...first,
      targetCount: all.length,
      settledCount: sum(({ settledCount }) => settledCount),
      probeCount: sum(({ probeCount }) => probeCount),
      reusedProbeCount: sum(({ reusedProbeCount }) => reusedProbeCount),
      missedCount: sum(({ missedCount }) => missedCount),
      besideCount: sum(({ besideCount }) => besideCount),
    };
  }

  /** What became of all chunks whose scores were aimed at; null while nothing is settled. */
  get outcome(): { readonly score: number; readonly chunks: readonly ChunkQuality[] } | null {
    const [first] = this.#qualities;
    const outcomes = this.#qualities.flatMap(({ outcome }) => (outcome === null ? [] : [outcome]));
    const [only] = outcomes;
    if (first === undefined || only === undefined) return null;
    if (outcomes.length === 1) return only;
    return {
      score: poolScores(
        this.#qualities.flatMap(({ scores }) => scores),
        first.target.pooling,
      ),
      chunks: outcomes.flatMap(({ chunks }) => chunks).sort((a, b) => a.chunk - b.chunk),
    };
  }

  get #qualities(): QualitySearch[] {
    return [...this.#byTarget.values()];
  }

  #add(target: QualityTarget, settings: EncodeSettings): void {
    const key = canonicalJson(target);
    if (!this.#byTarget.has(key)) this.#byTarget.set(key, new QualitySearch(target, settings));
  }
}
