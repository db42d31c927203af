import { open } from 'node:fs/promises';
import { diskError } from './disk-error.ts';

/** A new file that takes pieces one after another, and remembers whether it was the disk that failed. */
export interface FileSink {
  readonly sink: (piece: Uint8Array) => Promise<void>;
  /** A sentence, when a piece could not be written. */
  readonly fault: Error | null;
  close(): Promise<void>;
}

/** Opens the file for writing, empty. Throws a sentence when the disk does not allow it. */
export async function openSink(path: string): Promise<FileSink> {
  const file = await open(path, 'w').catch((error: unknown) => {
    throw diskError(error, 'make the file', path);
  });
  let fault: Error | null = null;
  let isOpen = true;
  return {
    async sink(piece) {
      try {
        await file.writeFile(piece);
      } catch (error) {
        fault = diskError(error, 'write', path);
        throw fault;
      }
    },
    get fault() {
      return fault;
    },
    async close() {
      if (!isOpen) return;
      isOpen = false;
      await file.close();
    },
  };
}
