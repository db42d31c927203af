import { open } from 'node:fs/promises';

/** Large enough that noise and yamux cost little per byte (notes: 256 KiB messages), small enough to bound memory. */
const PIECE_BYTES = 256 * 1024;

/** A file's bytes in pieces; each piece is the reader's own. */
export async function* readFilePieces(path: string): AsyncGenerator<Uint8Array> {
  const file = await open(path, 'r');
  try {
    for (;;) {
      const { bytesRead, buffer } = await file.read(new Uint8Array(PIECE_BYTES), 0, PIECE_BYTES);
      if (bytesRead === 0) return;
      yield buffer.subarray(0, bytesRead);
    }
  } finally {
    await file.close();
  }
}
