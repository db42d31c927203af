import { encoderOf } from '../../../src/encoder/encoders.ts';
import { detourFrom } from '../../../src/quality/detour.ts';
import type { ChosenQuality } from '../../../src/schedule/leader/events.ts';
import type { OfferedChunk } from './offered-chunks.ts';

/** CRFs at which the encoder itself spoils a picture of a chunk, on every machine, and what is taken instead of them. */
export class SpoiledCrfs {
  readonly #byChunk = new Map<number, Set<number>>();

  note({ chunk }: OfferedChunk, crf: number): void {
    this.#byChunk.set(chunk, new Set([...(this.#byChunk.get(chunk) ?? []), crf]));
  }

  /** What the chunk is encoded at that is to be encoded at `asked`; null: nothing that may be tried is left. */
  insteadOf(chunk: OfferedChunk, asked: number): number | null {
    const spoiled = this.#byChunk.get(chunk.chunk) ?? new Set();
    return detourFrom(asked, spoiled, encoderOf(chunk.coding.settings.encoder).quality);
  }

  /** The same for an attempt, which must be encoded at something. @param quality null: the job's own rate. */
  taken(chunk: OfferedChunk, quality: number | null): number | null {
    const asked = askedCrf(chunk, quality);
    if (asked === null || !this.#byChunk.has(chunk.chunk)) return quality;
    const instead = this.insteadOf(chunk, asked) ?? asked;
    return instead === asked ? quality : instead;
  }

  /** For the report: at what a chunk was encoded that was to be encoded at `asked`; null: at that. */
  choiceOf(chunk: OfferedChunk, quality: number | null): ChosenQuality | null {
    const asked = askedCrf(chunk, quality);
    const instead = asked === null ? null : this.insteadOf(chunk, asked);
    if (asked === null || instead === null || instead === asked) return null;
    return { quality: instead, score: null, probeCount: 1, insteadOf: asked };
  }

  /** What is to be said of a chunk that is not encoded at what was asked for; null where it is. */
  sentenceOf(chunk: OfferedChunk, quality: number | null): string | null {
    const choice = this.choiceOf(chunk, quality);
    if (choice === null) return null;
    const { title, quality: scale } = encoderOf(chunk.coding.settings.encoder);
    const crfs = [...(this.#byChunk.get(chunk.chunk) ?? [])].sort((a, b) => a - b);
    const frames = `frames ${chunk.startFrame} to ${chunk.endFrame - 1}`;
    return `Chunk ${chunk.chunk} (${frames}) is encoded at ${scale.name} ${choice.quality} instead of ${choice.insteadOf}: at ${crfs.join(', ')} ${title} spoils a picture of it, and would on every machine.`;
  }
}

/** The CRF that a chunk is to have; null: its rate is no CRF. @param quality null: the job's own rate. */
export function askedCrf({ coding }: OfferedChunk, quality: number | null): number | null {
  const { rate } = coding.settings;
  return quality ?? (rate.type === 'quality' ? rate.value : null);
}
