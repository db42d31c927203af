import { createHash } from 'node:crypto';
import { type FileHandle, open } from 'node:fs/promises';
import { type IvfHeader, ivfFrameHeader, ivfHeader } from '../../../src/encoder/ivf.ts';
import { diskError } from '../../storage/disk-error.ts';
import type { EncodedUnit } from './frame-encoder.ts';

/** An IVF file on its way to the disk, with the sha256 of what was written. Throws DiskError. */
export class IvfFileWriter {
  readonly #path: string;
  readonly #handle: FileHandle;
  readonly #hash = createHash('sha256');
  #bytes = 0;
  #frameCount = 0;

  private constructor(path: string, handle: FileHandle) {
    this.#path = path;
    this.#handle = handle;
  }

  static async create(path: string, header: IvfHeader): Promise<IvfFileWriter> {
    const handle = await open(path, 'w').catch((error: unknown) => {
      throw diskError(error, 'make the file', path);
    });
    const file = new IvfFileWriter(path, handle);
    try {
      await file.#write(ivfHeader(header));
    } catch (error) {
      await file.close();
      throw error;
    }
    return file;
  }

  get bytes(): number {
    return this.#bytes;
  }

  get frameCount(): number {
    return this.#frameCount;
  }

  async append({ index, data }: EncodedUnit): Promise<void> {
    await this.#write(ivfFrameHeader(data.length, index));
    await this.#write(data);
    this.#frameCount += 1;
  }

  /** Makes the file last and gives its hex sha256. */
  async finish(): Promise<string> {
    await this.#handle.datasync().catch((error: unknown) => {
      throw diskError(error, 'write', this.#path);
    });
    return this.#hash.digest('hex');
  }

  async close(): Promise<void> {
    await this.#handle.close();
  }

  async #write(bytes: Uint8Array): Promise<void> {
    this.#hash.update(bytes);
    try {
      for (let done = 0; done < bytes.length; ) {
        done += (await this.#handle.write(bytes, done)).bytesWritten;
      }
    } catch (error) {
      throw diskError(error, 'write', this.#path);
    }
    this.#bytes += bytes.length;
  }
}
