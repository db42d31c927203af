/** Frames that carry HDR10+, of those that stand for each other. */
export interface Hdr10PlusCounts {
  readonly source: number;
  readonly output: number;
}

/**
 * Compares what HDR10+ says of each frame of an output with what it says of the source's. An output may be without, as
 * not every codec holds it; where it has some, each frame has its own.
 */
export class Hdr10PlusVerifier {
  #source = 0;
  #output = 0;
  #missing = 0;
  #firstMissing = 0;

  /** A sentence where the output's frame says something else than the source's. */
  compare(index: number, output: string | null, source: string | null): string | null {
    if (source !== null) this.#source += 1;
    if (output !== null) this.#output += 1;
    if (output === null && source !== null) {
      if (this.#missing === 0) this.#firstMissing = index;
      this.#missing += 1;
    }
    if (output === null || output === source) return null;
    return source === null
      ? `Frame ${index} of the output has HDR10+ metadata, the source's has none.`
      : `HDR10+ metadata of frame ${index} of the output is not the source's.`;
  }

  get counts(): Hdr10PlusCounts {
    return { source: this.#source, output: this.#output };
  }

  /** A sentence where some frames have lost theirs, once all were compared. */
  get loss(): string | null {
    if (this.#output === 0 || this.#missing === 0) return null;
    return `HDR10+ metadata is missing from ${this.#missing} of ${this.#source} frames, the first is ${this.#firstMissing}.`;
  }
}
