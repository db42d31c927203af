import { open } from 'node:fs/promises';
import { EBML_HEADER_BYTES, EBML_IDS, readEbmlHeader } from '../../../src/container/ebml.ts';

/** Elements that our muxer writes before the first cluster are fewer. */
const MAX_STEPS = 100;

/**
 * Puts a Chapters element where the muxer left a Void of exactly its size, before the first cluster. The engine cannot
 * write chapters itself.
 */
export async function fillChapters(path: string, chapters: Uint8Array): Promise<void> {
  const file = await open(path, 'r+');
  try {
    let position = 0;
    for (let step = 0; step < MAX_STEPS; step++) {
      const { bytesRead, buffer } = await file.read(
        new Uint8Array(EBML_HEADER_BYTES),
        0,
        EBML_HEADER_BYTES,
        position,
      );
      const header = readEbmlHeader(buffer.subarray(0, bytesRead), 0);
      if (header === null || header.id === EBML_IDS.cluster) break;
      const elementBytes = header.headerBytes + (header.contentBytes ?? 0);
      if (header.id === EBML_IDS.void && elementBytes === chapters.length) {
        await file.write(chapters, 0, chapters.length, position);
        return;
      }
      position += header.id === EBML_IDS.segment ? header.headerBytes : elementBytes;
    }
  } finally {
    await file.close();
  }
  throw new Error(
    `The chapters could not be written to ${path}: the muxer left no room of ${chapters.length} bytes. Run the command again with --no-chapters.`,
  );
}
