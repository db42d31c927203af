import { type CrfRange, isGivenUp, type Probe, type SearchStep } from './search-crf.ts';

/** A trial encode at one CRF, and what it took. */
export interface SizedProbe extends Omit<Probe, 'score'> {
  readonly bytes: number;
}

/** One chunk as far as its bytes are concerned. */
export interface BudgetChunk {
  readonly frameCount: number;
  /** What it should take beside the other chunks, in any unit. */
  readonly weight: number;
  readonly probes: readonly SizedProbe[];
  /** Bytes of its result; null until it is chosen. */
  readonly settledBytes: number | null;
}

/** What a film may take, and what is known of its chunks. */
export interface FilmBudget {
  readonly bytes: number;
  readonly range: CrfRange;
  /** For the film's first chunk. */
  readonly startCrf: number;
  /** Frames that are in no chunk yet. */
  readonly unseenFrames: number;
  readonly chunks: ReadonlyMap<number, BudgetChunk>;
}

/** Share of its bytes that a film loses with each CRF while nothing is known of it; SVT-AV1's on films is near it. */
const LOSS_PER_CRF = 0.06;

/** What is seen is not believed beyond these shares of it: two probes close together may lie. */
const BELIEVED = { least: 0.5, most: 2.5 };

/** So many of the chunks that were probed twice speak for the loss. */
const CHUNKS_HEARD = 15;

/**
 * A chunk this far from where the rest of the film should be is left as it is: it is hardly seen, and the rest makes up.
 * With 1 instead, films of 20 chunks that no model foresees take 2.8 tries a chunk instead of 2.2 to land as near.
 */
const TOLERATED_CRFS = 2;

/** And one that is further off, where the whole lands this near all the same: the last chunks have little weight. */
const TOLERATED_SHARE = 0.01;

/**
 * The CRF at which all that is not settled would make the film take what it may: bytes fall by about the same share with
 * every CRF, and a chunk that was not tried takes what its weight says beside those that were.
 */
export function budgetCrf(budget: FilmBudget): number {
  const { bytes, startCrf, range } = budget;
  const loss = lossPerCrf(budget);
  const { settled, open } = expectAt(budget, 0, loss);
  if (open === null) return clamp(startCrf, range);
  const left = bytes - settled;
  return left <= 0 ? range.max : clamp(Math.log(open / left) / loss, range);
}

/**
 * What to do about a chunk next: try it where the film should be, or take a try that is near enough. An answer is always a
 * CRF that was probed.
 */
export function nextOfBudget(budget: FilmBudget, number: number): SearchStep {
  const { bytes, range, chunks } = budget;
  const probes = chunks.get(number)?.probes ?? [];
  const wanted = budgetCrf(budget);
  const next = Math.round(wanted / range.step) * range.step;
  const nearest = nearestTo(probes, wanted);
  if (nearest === null) return { probe: next };
  const isNear = Math.abs(nearest.crf - wanted) <= TOLERATED_CRFS || nearest.crf === next;
  if (isNear || isGivenUp(probes)) return { settled: nearest.crf };
  const { settled, open } = expectAt(budget, nearest.crf, lossPerCrf(budget));
  const isLanding = Math.abs(settled + (open ?? 0) - bytes) <= TOLERATED_SHARE * bytes;
  return isLanding ? { settled: nearest.crf } : { probe: next };
}

/** Bytes of what is settled, and of all else at this CRF; null for these while no chunk was tried. */
function expectAt(
  { chunks, unseenFrames }: FilmBudget,
  crf: number,
  loss: number,
): { readonly settled: number; readonly open: number | null } {
  let [settled, open, known, knownWeight, untried, weight, frames] = [0, 0, 0, 0, 0, 0, 0];
  for (const chunk of chunks.values()) {
    weight += chunk.weight;
    frames += chunk.frameCount;
    if (chunk.settledBytes !== null) settled += chunk.settledBytes;
    const probe = nearestTo(chunk.probes, crf);
    if (probe === null) {
      if (chunk.settledBytes === null) untried += chunk.weight;
      continue;
    }
    const here = probe.bytes * Math.exp(loss * (probe.crf - crf));
    known += here;
    knownWeight += chunk.weight;
    if (chunk.settledBytes === null) open += here;
  }
  if (knownWeight === 0) return { settled, open: null };
  const unseen = frames === 0 ? 0 : (unseenFrames * weight) / frames;
  return { settled, open: open + ((untried + unseen) * known) / knownWeight };
}

/** As the chunks say that were probed at several CRFs, the median of the latest. */
function lossPerCrf({ chunks }: FilmBudget): number {
  const seen: number[] = [];
  for (const { probes } of chunks.values()) {
    const sorted = [...probes].sort((a, b) => a.crf - b.crf);
    const [first, last] = [sorted[0], sorted.at(-1)];
    if (first === undefined || last === undefined || first.crf === last.crf) continue;
    seen.push(Math.log(first.bytes / last.bytes) / (last.crf - first.crf));
  }
  const heard = seen.slice(-CHUNKS_HEARD).sort((a, b) => a - b);
  const median = heard[heard.length >> 1] ?? LOSS_PER_CRF;
  return Math.min(BELIEVED.most * LOSS_PER_CRF, Math.max(BELIEVED.least * LOSS_PER_CRF, median));
}

function nearestTo(probes: readonly SizedProbe[], crf: number): SizedProbe | null {
  let best: SizedProbe | null = null;
  for (const probe of probes) {
    if (best === null || Math.abs(probe.crf - crf) < Math.abs(best.crf - crf)) best = probe;
  }
  return best;
}

function clamp(crf: number, { min, max }: CrfRange): number {
  return Math.min(max, Math.max(min, crf));
}
