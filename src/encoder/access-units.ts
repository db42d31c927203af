import { delimiterStarts, type NalCodec, withoutDelimiter } from './annex-b.ts';

/** Start code and header of a delimiter: so many bytes of it may have come with the piece before. */
const OVERLAP_BYTES = 6;

/**
 * Takes an Annex B stream apart into access units as it comes, piece by piece: each begins with a delimiter, which is
 * dropped.
 */
export class AccessUnits {
  readonly #codec: NalCodec;
  /** The unit that is not whole yet, as far as it is here. */
  #begun: Uint8Array = new Uint8Array();

  constructor(codec: NalCodec) {
    this.#codec = codec;
  }

  /** The units that are whole with these bytes. */
  push(bytes: Uint8Array): Uint8Array[] {
    const from = Math.max(0, this.#begun.length - OVERLAP_BYTES);
    const all = joined(this.#begun, bytes);
    const units: Uint8Array[] = [];
    let start = 0;
    for (const place of delimiterStarts(all.subarray(from), this.#codec)) {
      // Its own delimiter, with a zero before it or without.
      if (from + place - start <= 1) continue;
      units.push(withoutDelimiter(all.subarray(start, from + place), this.#codec));
      start = from + place;
    }
    this.#begun = all.subarray(start);
    return units;
  }

  /** Nothing follows: the unit that is left. */
  end(): Uint8Array[] {
    const unit = this.#begun;
    this.#begun = new Uint8Array();
    return unit.length === 0 ? [] : [withoutDelimiter(unit, this.#codec)];
  }
}

function joined(first: Uint8Array, second: Uint8Array): Uint8Array {
  const both = new Uint8Array(first.length + second.length);
  both.set(first);
  both.set(second, first.length);
  return both;
}
