import { encoderOf } from '../../encoder/encoders.ts';
import type { EncodeSettings } from '../../encoder/settings.ts';
import type { Measure } from '../../quality/measure.ts';
import type { MetricName } from '../../quality/metric.ts';

/** An encoding child before its first picture: Node, FFmpeg's code, the slice's buffers. */
const CHILD_BYTES = 100_000_000;

/**
 * The process that scores runs while the encode's own still holds its memory: libvmaf's takes 0.25 GB at 1080p, that of
 * ssimulacra2 0.32 GB, and its pictures lie in memory twice.
 */
const SCORING_BYTES_PER_PIXEL: Readonly<Partial<Record<MetricName, number>>> = {
  vmaf: 120,
  ssimulacra2: 190,
};

/** Share of the memory that encodes may take of what they have and what is free: the rest is for the person there. */
const MEMORY_SHARE = 0.75;

/**
 * With less than this available the system begins to swap, and everything is slow at once: the greater of a part of
 * all memory and of what the caches of an idle desktop need.
 */
const FLOOR_SHARE = 0.05;
const FLOOR_BYTES = 256_000_000;

/** What one encode at these settings is reckoned to need, its result's scoring included, if it is scored. */
export function estimateEncodeBytes(settings: EncodeSettings, measure: Measure | null): number {
  const { encoder, preset, picture } = settings;
  const scoring = measure === null ? 0 : (SCORING_BYTES_PER_PIXEL[measure.metric] ?? 0);
  return CHILD_BYTES + picture.width * picture.height * (encoderOf(encoder).bytesPerPixel(preset) + scoring);
}

/** Memory that all encodes together may take, by estimate. */
export function memoryBudget(availableBytes: number, encodesBytes: number): number {
  return Math.floor((availableBytes + encodesBytes) * MEMORY_SHARE);
}

/** Available memory below which an encode must go. */
export function memoryFloor(totalBytes: number): number {
  return Math.max(FLOOR_BYTES, totalBytes * FLOOR_SHARE);
}
