import type { OutputContainer } from './carry.ts';

/** Sound that stands before time zero: samples that a decoder needs and nobody hears. */
export interface Priming {
  readonly samples: number;
  /** Samples of each packet; 0 where packets differ. */
  readonly packetSamples: number;
  readonly sampleRate: number;
}

/** Longer than any codec's own delay (HE-AAC: 0.11 s). What goes beyond was cut off by an MP4 edit list. */
const LONGEST_CODEC_DELAY_SECONDS = 0.15;

/**
 * How many samples of priming the output keeps. MP4 keeps all, behind an edit list. Matroska and WebM say it as the
 * codec's delay, which few players expect to be long: packets beyond any codec's own delay are left out.
 */
export function keptPriming(priming: Priming, container: OutputContainer): number {
  const { samples, packetSamples, sampleRate } = priming;
  const surplus = samples - LONGEST_CODEC_DELAY_SECONDS * sampleRate;
  if (container === 'mp4' || surplus <= 0 || packetSamples <= 0) return samples;
  return samples - Math.floor(surplus / packetSamples) * packetSamples;
}
