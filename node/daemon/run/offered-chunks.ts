import type { ChunkCoding } from '../../../src/zones/zone-plan.ts';
import type { ChunkSearch } from '../chunk-search.ts';
import type { FoundChunk } from '../job-scan.ts';

/** A chunk as it is offered to the swarm. */
export interface OfferedChunk extends FoundChunk {
  /** Hex sha256 of what its frames come from. */
  readonly sliceDigest: string;
  /** How it is encoded, but for the CRF that a search finds. */
  readonly coding: ChunkCoding;
  /** Finds its CRF; null: it is known. */
  readonly search: ChunkSearch | null;
  /** Name of its result in the store; null until it is committed, where its CRF is searched for. */
  key: string | null;
}

/** A job's chunks by their numbers, in film order. */
export class OfferedChunks {
  readonly #chunks = new Map<number, OfferedChunk>();

  get count(): number {
    return this.#chunks.size;
  }

  all(): Iterable<OfferedChunk> {
    return this.#chunks.values();
  }

  add(chunk: OfferedChunk): void {
    this.#chunks.set(chunk.chunk, chunk);
  }

  of(chunk: number): OfferedChunk {
    const found = this.#chunks.get(chunk);
    if (found === undefined) throw new Error(`chunk ${chunk} is not known`);
    return found;
  }
}
