/** Numbers of any number of bits, one behind another, the highest bit first. */
export class BitWriter {
  readonly #bytes: number[] = [];
  #bitCount = 0;

  /** The lowest `count` bits of a whole number, at most 32. */
  write(value: number, count: number): void {
    for (let bit = count - 1; bit >= 0; bit--) {
      if (this.#bitCount % 8 === 0) this.#bytes.push(0);
      const last = this.#bytes.length - 1;
      this.#bytes[last] = (this.#bytes[last] ?? 0) | (((value >>> bit) & 1) << (7 - (this.#bitCount % 8)));
      this.#bitCount += 1;
    }
  }

  /** What was written, with zeros up to a whole byte. */
  bytes(): Uint8Array {
    return Uint8Array.from(this.#bytes);
  }
}
