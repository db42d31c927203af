/** What is known of a committed result: enough to prove that its file is whole. */
export interface ChunkMeta {
  readonly frameCount: number;
  readonly bytes: number;
  /** Lowercase hexadecimal. */
  readonly sha256: string;
}

const NAME = /^([0-9a-f]{64})\.(\d{1,15})\.(\d{1,15})\.([0-9a-f]{64})\.ivf$/;

/**
 * File name of a committed result. It holds the key and all that is known, so one rename commits the result and its
 * facts together. @param key sha256 of what produced the result, lowercase hexadecimal.
 */
export function chunkFileName(key: string, meta: ChunkMeta): string {
  const name = `${key}.${meta.frameCount}.${meta.bytes}.${meta.sha256}.ivf`;
  if (!NAME.test(name)) {
    throw new Error(
      `A chunk's key and digest must be 64 lowercase hexadecimal digits and its counts whole numbers; got "${name}".`,
    );
  }
  return name;
}

/** Reads such a name; null when the file is something else. */
export function readChunkFileName(name: string): { readonly key: string; readonly meta: ChunkMeta } | null {
  const [, key, frameCount, bytes, sha256] = NAME.exec(name) ?? [];
  if (key === undefined || sha256 === undefined) return null;
  return { key, meta: { frameCount: Number(frameCount), bytes: Number(bytes), sha256 } };
}

const SCORE_NAME = /^([0-9a-f]{64})\.([a-z0-9-]{1,40})\.scores$/;

/** File name of the scores of a result's frames. @param measure as in src/quality/measure.ts. */
export function scoreFileName(key: string, measure: string): string {
  return `${key}.${measure}.scores`;
}

/** Reads such a name; null when the file is something else. */
export function readScoreFileName(name: string): { readonly key: string; readonly measure: string } | null {
  const [, key, measure] = SCORE_NAME.exec(name) ?? [];
  return key === undefined || measure === undefined ? null : { key, measure };
}
