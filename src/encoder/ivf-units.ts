/** Bytes of an IVF file's header and of what stands before each picture (src/encoder/ivf.ts). */
const HEADER_BYTES = 32;
const UNIT_HEADER_BYTES = 12;
/** `DKIF` as a little-endian number. */
const SIGNATURE = 0x46494b44;

/**
 * Takes an IVF file apart as it comes, piece by piece, from a program that cannot know yet how many pictures it will
 * write. Timestamps are left: each unit shows one frame, in order.
 */
export class IvfUnits {
  #rest: Uint8Array = new Uint8Array();
  #isBegun = false;

  /** The units that are whole with these bytes. Throws a sentence when it is no IVF file. */
  push(bytes: Uint8Array): Uint8Array[] {
    this.#rest = joined(this.#rest, bytes);
    const units: Uint8Array[] = [];
    if (!this.#isBegun && !this.#begin()) return units;
    for (;;) {
      const view = viewOf(this.#rest);
      if (view.byteLength < UNIT_HEADER_BYTES) return units;
      const end = UNIT_HEADER_BYTES + view.getUint32(0, true);
      if (view.byteLength < end) return units;
      units.push(this.#rest.subarray(UNIT_HEADER_BYTES, end));
      this.#rest = this.#rest.subarray(end);
    }
  }

  /** Nothing follows. Throws a sentence when a picture is cut short. */
  end(): void {
    if (this.#rest.length === 0) return;
    throw new Error(`Its IVF stream ends in the middle of a picture, ${this.#rest.length} bytes into it.`);
  }

  #begin(): boolean {
    if (this.#rest.length < HEADER_BYTES) return false;
    const view = viewOf(this.#rest);
    if (view.getUint32(0, true) !== SIGNATURE) {
      throw new Error('What it writes is not IVF: it does not begin with DKIF.');
    }
    this.#rest = this.#rest.subarray(view.getUint16(6, true));
    this.#isBegun = true;
    return true;
  }
}

function viewOf(bytes: Uint8Array): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
}

function joined(first: Uint8Array, second: Uint8Array): Uint8Array {
  if (first.length === 0) return second;
  const both = new Uint8Array(first.length + second.length);
  both.set(first);
  both.set(second, first.length);
  return both;
}
