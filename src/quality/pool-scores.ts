/** How the scores of many frames become one: percentile 5 is what the worst twentieth does not reach. */
export type Pooling =
  | { readonly type: 'mean' }
  | { readonly type: 'harmonic' }
  | { readonly type: 'minimum' }
  | { readonly type: 'percentile'; readonly percent: number };

export const MEAN: Pooling = { type: 'mean' };

/**
 * @param scores of one frame each, at least one, finite: a metric caps what equal pictures get.
 */
export function poolScores(scores: ArrayLike<number>, pooling: Pooling): number {
  if (scores.length === 0) throw new Error('There are no scores to pool; a chunk has at least one frame.');
  const all = Array.from(scores);
  const unfit = all.findIndex((score) => !Number.isFinite(score));
  if (unfit >= 0) throw new Error(`The score of frame ${unfit} is ${all[unfit]}, expected a number.`);
  switch (pooling.type) {
    case 'mean':
      return meanOf(all);
    case 'harmonic':
      return 1 / meanOf(all.map((score) => 1 / (Math.max(0, score) + 1))) - 1;
    case 'minimum':
      return all.reduce((least, score) => Math.min(least, score));
    case 'percentile':
      return percentileOf(all, pooling.percent);
  }
}

/** Reads `mean`, `harmonic`, `min` or `p5`. Throws a sentence. */
export function parsePooling(text: string): Pooling {
  if (text === 'mean') return MEAN;
  if (text === 'harmonic') return { type: 'harmonic' };
  if (text === 'min') return { type: 'minimum' };
  const percent = /^p(\d{1,2})$/.exec(text)?.[1];
  if (percent !== undefined && Number(percent) > 0) return { type: 'percentile', percent: Number(percent) };
  throw new Error(`Scores are pooled by mean, harmonic, min or a percentile such as p5, not by "${text}".`);
}

export function formatPooling(pooling: Pooling): string {
  if (pooling.type === 'minimum') return 'min';
  return pooling.type === 'percentile' ? `p${pooling.percent}` : pooling.type;
}

function meanOf(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}

/** Between two neighbours by their distance, so that a small sample does not jump. */
function percentileOf(values: readonly number[], percent: number): number {
  const sorted = [...values].sort((a, b) => a - b);
  const place = (percent / 100) * (sorted.length - 1);
  const below = sorted[Math.floor(place)] ?? 0;
  const above = sorted[Math.ceil(place)] ?? below;
  return below + (above - below) * (place - Math.floor(place));
}
