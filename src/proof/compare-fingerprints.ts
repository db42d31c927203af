import { FINGERPRINT_BYTES } from '../media/sketch.ts';

/**
 * Compares the fingerprints of a run of frames, exactly.
 *
 * @param expected the scan's, FINGERPRINT_BYTES each
 * @param got the peer's, one after another in one array
 * @returns position of the first frame that differs or is missing, null when all are equal
 */
export function compareFingerprints(expected: readonly Uint8Array[], got: Uint8Array): number | null {
  for (const [i, fingerprint] of expected.entries()) {
    const other = got.subarray(i * FINGERPRINT_BYTES, (i + 1) * FINGERPRINT_BYTES);
    if (other.length !== fingerprint.length || other.some((byte, at) => byte !== fingerprint[at])) return i;
  }
  return got.length === expected.length * FINGERPRINT_BYTES ? null : expected.length;
}
