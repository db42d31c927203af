/** A trial encode at one CRF, scored. */
export interface Probe {
  readonly crf: number;
  readonly score: number;
  /** Made for another search, or an earlier run of this one: it says what it says, and is none of this one's tries. */
  readonly isOld?: boolean;
}

/** What the search may ask for. */
export interface CrfRange {
  readonly min: number;
  readonly max: number;
  /** CRFs are multiples of it: 1, or 0.25 for encoders that take quarter steps. */
  readonly step: number;
}

/** What is expected of a chunk before anything is known of its film. It decides no answer. */
export interface CrfGuess {
  /** Where the aim is met. */
  readonly crf: number;
  /** Score that one CRF takes away, above 0. */
  readonly scorePerCrf: number;
}

export interface ScoreBand {
  readonly aim: number;
  readonly least: number;
  readonly most: number;
}

export type SearchStep = { readonly probe: number } | { readonly settled: number };

/** More probes than the search of a well-behaved curve needs; what is nearest by then is taken. */
export const MOST_PROBES = 6;

/** Whether a search has made all the probes that it may. */
export function isGivenUp(probes: readonly Pick<Probe, 'isOld'>[]): boolean {
  return probes.filter(({ isOld }) => isOld !== true).length >= MOST_PROBES;
}

/**
 * From the probes so far, the next CRF to try, or the answer: the probe inside the band that is nearest to its aim; else,
 * where two neighbouring CRFs lie on both sides of the aim, or nothing beyond may be asked for, the nearer one. Between
 * two probes the score is taken for linear, beyond them the guess counts. An answer is always a CRF that was probed.
 *
 * @param likely where the chunk probably meets the aim.
 */
export function searchCrf(
  probes: readonly Probe[],
  band: ScoreBand,
  range: CrfRange,
  likely: number,
): SearchStep {
  if (probes.length === 0) return { probe: toStep(likely, range) };
  const nearest = nearestTo(probes, band.aim);
  if (nearest.score >= band.least && nearest.score <= band.most) return { settled: nearest.crf };
  const next = nextCrf(probes, band.aim, range, likely);
  const isProbed = probes.some(({ crf }) => crf === next);
  if (isProbed || isGivenUp(probes)) return { settled: nearest.crf };
  return { probe: next };
}

/** Of two that are equally near the better one, of two equal ones the cheaper. */
function nearestTo(probes: readonly Probe[], aim: number): Probe {
  return probes.reduce((best, probe) => {
    const distance = Math.abs(probe.score - aim) - Math.abs(best.score - aim);
    if (distance !== 0) return distance < 0 ? probe : best;
    if (probe.score !== best.score) return probe.score > best.score ? probe : best;
    return probe.crf > best.crf ? probe : best;
  });
}

/** One that was probed already where there is nothing more to learn. */
function nextCrf(probes: readonly Probe[], aim: number, range: CrfRange, likely: number): number {
  const better = highest(probes.filter(({ score }) => score >= aim));
  const worse = lowest(probes.filter(({ score }) => score < aim));
  if (better !== null && worse !== null) return between(better, worse, aim, range);
  // Beyond what is known by a step at least.
  if (better !== null) return toStep(Math.max(better.crf + range.step, likely), range);
  return toStep(Math.min((worse?.crf ?? range.max) - range.step, likely), range);
}

/** Strictly between the two, or the better one when there is nothing between or they are the wrong way round. */
function between(better: Probe, worse: Probe, aim: number, range: CrfRange): number {
  const { step } = range;
  if (worse.crf - better.crf <= step) return better.crf;
  const share = (better.score - aim) / (better.score - worse.score);
  const wanted = toStep(better.crf + share * (worse.crf - better.crf), range);
  return Math.min(worse.crf - step, Math.max(better.crf + step, wanted));
}

function lowest(probes: readonly Probe[]): Probe | null {
  return probes.reduce<Probe | null>(
    (best, probe) => (best === null || probe.crf < best.crf ? probe : best),
    null,
  );
}

function highest(probes: readonly Probe[]): Probe | null {
  return probes.reduce<Probe | null>(
    (best, probe) => (best === null || probe.crf > best.crf ? probe : best),
    null,
  );
}

function toStep(crf: number, { min, max, step }: CrfRange): number {
  return Math.min(max, Math.max(min, Math.round(crf / step) * step));
}
