import type { CrfRange, Probe } from './search-crf.ts';

/** A chunk's first guess is off by so many CRFs on average. */
const FIRST_SPREAD = 3;

/** And every later one by this share of how far it is from what was tried. */
const SPREAD_SHARE = 0.3;

/**
 * CRFs to try beside the next one where machines would idle: in turn below and above it, as far apart as it may be off, so
 * that the answer is likely to be among them or between two.
 *
 * @param tried CRFs that are tried now or were.
 */
export function bracketCrfs(
  probes: readonly Probe[],
  next: number,
  tried: ReadonlySet<number>,
  { min, max, step }: CrfRange,
  count: number,
): number[] {
  const nearest = Math.min(...probes.map(({ crf }) => Math.abs(crf - next)));
  const wanted = probes.length === 0 ? FIRST_SPREAD : SPREAD_SHARE * nearest;
  const spread = Math.max(step, Math.round(wanted / step) * step);
  const crfs: number[] = [];
  for (let ring = 1; crfs.length < count && ring <= count; ring += 1) {
    for (const crf of [next - ring * spread, next + ring * spread]) {
      const isNew = crf >= min && crf <= max && !tried.has(crf);
      if (isNew && crfs.length < count) crfs.push(crf);
    }
  }
  return crfs;
}
