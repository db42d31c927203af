import { closeSync, openSync, writeSync } from 'node:fs';
import { diskError } from '../../storage/disk-error.ts';

/** Written at once: large enough that calls do not count, small enough to be forgotten. */
const BUFFER_BYTES = 256 * 1024;

/** A new file that only grows. Bytes are gathered and written in batches, or when flushed. */
export class AppendFile {
  readonly #path: string;
  readonly #file: number;
  readonly #buffer = new Uint8Array(BUFFER_BYTES);
  #used = 0;
  #written = 0;

  /** @throws a sentence when the file cannot be made. */
  constructor(path: string) {
    this.#path = path;
    try {
      this.#file = openSync(path, 'wx');
    } catch (error) {
      throw diskError(error, 'make the file', path);
    }
  }

  /** Length of the file with what is still gathered. */
  get bytes(): number {
    return this.#written + this.#used;
  }

  /** Appends; gives the offset at which the bytes will stand. */
  append(bytes: Uint8Array): number {
    const offset = this.bytes;
    if (bytes.length > BUFFER_BYTES - this.#used) this.flush();
    if (bytes.length > BUFFER_BYTES) this.#write(bytes);
    else {
      this.#buffer.set(bytes, this.#used);
      this.#used += bytes.length;
    }
    return offset;
  }

  /** After it, everything appended can be read by others. */
  flush(): void {
    if (this.#used === 0) return;
    this.#write(this.#buffer.subarray(0, this.#used));
    this.#used = 0;
  }

  close(): void {
    closeSync(this.#file);
  }

  #write(bytes: Uint8Array): void {
    try {
      for (let done = 0; done < bytes.length; ) done += writeSync(this.#file, bytes, done);
    } catch (error) {
      throw diskError(error, 'write', this.#path);
    }
    this.#written += bytes.length;
  }
}
