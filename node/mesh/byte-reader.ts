/** Takes exact amounts from a sequence of pieces of any size. */
export class ByteReader {
  readonly #pieces: AsyncGenerator<Uint8Array>;
  #rest: Uint8Array = new Uint8Array(0);

  constructor(pieces: AsyncGenerator<Uint8Array>) {
    this.#pieces = pieces;
  }

  /** Yields pieces that are `bytes` long together; throws a sentence when the sequence ends before. */
  async *pieces(bytes: number): AsyncGenerator<Uint8Array> {
    let missing = bytes;
    while (missing > 0) {
      if (this.#rest.byteLength === 0) this.#rest = await this.#next(bytes - missing, bytes);
      const piece = this.#rest.subarray(0, missing);
      this.#rest = this.#rest.subarray(piece.byteLength);
      missing -= piece.byteLength;
      yield piece;
    }
  }

  async exactly(bytes: number): Promise<Uint8Array> {
    const whole = new Uint8Array(bytes);
    let filled = 0;
    for await (const piece of this.pieces(bytes)) {
      whole.set(piece, filled);
      filled += piece.byteLength;
    }
    return whole;
  }

  /** Waits for the end of the sequence; throws a sentence when there is more. */
  async end(): Promise<void> {
    const isMore = this.#rest.byteLength > 0 || (await this.#pieces.next()).done !== true;
    if (isMore) throw new Error('The peer sent more data than it announced');
  }

  /** Ends the sequence, read to its end or not. */
  async stop(): Promise<void> {
    await this.#pieces.return(undefined);
  }

  async #next(received: number, wanted: number): Promise<Uint8Array> {
    const { value, done } = await this.#pieces.next();
    if (done === true) {
      throw new Error(
        `The peer's data ended after ${received} of ${wanted} bytes: its process or the connection ended`,
      );
    }
    return value;
  }
}
