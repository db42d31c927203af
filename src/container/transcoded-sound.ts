import type { AudioTranscode } from './carry.ts';

/** What an audio encoder is asked to make. */
export interface TranscodedSound {
  readonly sampleRate: number;
  readonly channels: number;
  /** Which speakers, a bit each as FFmpeg numbers them. */
  readonly layoutMask: bigint;
  /** Bits per second; 0 where the codec has none. */
  readonly bitrate: number;
}

/** Sound as it is in the source. */
export interface SourceSound {
  readonly sampleRate: number;
  readonly channels: number;
}

/** One rate inside, whatever goes in (RFC 7845 §5.1). */
const OPUS_RATE = 48000;
const AAC_RATES = [96000, 88200, 64000, 48000, 44100, 32000, 24000, 22050, 16000, 12000, 11025, 8000, 7350];

/**
 * Opus in kb/s for 1 to 8 channels: transparent or close to it for film sound, between Xiph's recommendations for
 * music in stereo (96–128) and in 5.1 (128–256). AAC needs about a half more.
 */
const OPUS_KBPS = [64, 128, 160, 192, 240, 256, 320, 384];
const AAC_FACTOR = 1.5;
/** What libopus and the AAC encoder take for each channel at most. */
const MAX_KBPS_A_CHANNEL = 256;

/** Layouts of Opus for 1 to 8 channels (RFC 7845 §5.1.1.2), which AAC and FLAC have too. */
const LAYOUT_MASKS = [0x4n, 0x3n, 0x7n, 0x33n, 0x37n, 0x3fn, 0x70fn, 0x63fn];
const MAX_CHANNELS = LAYOUT_MASKS.length;

/** The sound to make of a source's track: what was asked for, and what suits the source where nothing was. */
export function transcodedSound(source: SourceSound, wish: AudioTranscode): TranscodedSound {
  const channels = Math.min(wish.channels ?? (source.channels || 2), MAX_CHANNELS);
  return {
    sampleRate: rateFor(source.sampleRate, wish.codec),
    channels,
    layoutMask: LAYOUT_MASKS[channels - 1] ?? 0x3n,
    bitrate: bitrateFor(channels, wish),
  };
}

function rateFor(sourceRate: number, codec: AudioTranscode['codec']): number {
  if (codec === 'opus') return OPUS_RATE;
  if (codec === 'flac') return sourceRate || OPUS_RATE;
  return AAC_RATES.includes(sourceRate) ? sourceRate : OPUS_RATE;
}

function bitrateFor(channels: number, wish: AudioTranscode): number {
  if (wish.codec === 'flac') return 0;
  const opus = OPUS_KBPS[channels - 1] ?? 128;
  const suited = wish.codec === 'aac' ? opus * AAC_FACTOR : opus;
  return Math.min(wish.bitrateKbps ?? suited, channels * MAX_KBPS_A_CHANNEL) * 1000;
}
