import type { EncodeSettings } from './settings.ts';

/** Everything that decides the bytes of a chunk's result. */
export interface ChunkOrigin {
  /** Hex sha256 of what the chunk's frames come from; storage places and lead-in are no part of it. */
  readonly sliceDigest: string;
  readonly frameCount: number;
  /** Hex digest of what the encoder build writes for the built-in clip. */
  readonly build: string;
  readonly settings: EncodeSettings;
}

/** Rises when the same origin would give other bytes than before for a reason that is not in it. */
const IDENTITY_VERSION = 1;

/** Canonical text of a chunk's origin: equal origins, and only those, have equal texts. Its sha256 names the result. */
export function chunkIdentity(origin: ChunkOrigin): string {
  return canonicalJson({ version: IDENTITY_VERSION, ...origin });
}

/** JSON with the keys of every object sorted by code units. Takes plain data without undefined. */
export function canonicalJson(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(canonicalJson).join(',')}]`;
  if (typeof value !== 'object' || value === null) return JSON.stringify(value);
  const fields = Object.entries(value)
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([key, field]) => `${JSON.stringify(key)}:${canonicalJson(field)}`);
  return `{${fields.join(',')}}`;
}
