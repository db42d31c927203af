import type { EncodeSettings } from './settings.ts';

/**
 * The built-in clip on which an encoder build is measured. Small, because every peer encodes it for every job; several
 * mini-GOPs' layers and all block sizes still occur.
 */
export const PROBE_CLIP = { width: 192, height: 112, frames: 16 } as const;

/**
 * Settings at which a build is measured for a job (invariant 8): everything of the job's that decides how pictures are
 * coded. What is only written into headers (colour, light levels, aspect, rate) is left neutral, so that one measure
 * serves every source; that all results of a file have the same header is checked result by result.
 */
export function buildProbe({ picture, ...coding }: EncodeSettings): EncodeSettings {
  return {
    ...coding,
    filtering: null,
    picture: {
      width: PROBE_CLIP.width,
      height: PROBE_CLIP.height,
      bitDepth: picture.bitDepth,
      frameRate: { num: 24, den: 1 },
      sampleAspectRatio: { num: 1, den: 1 },
      colour: { primaries: 2, transfer: 2, matrix: 2, range: 0, chromaLocation: 0 },
      masteringDisplay: null,
      contentLight: null,
    },
  };
}
