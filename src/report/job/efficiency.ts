import { boundMs, type Capacity } from '../../schedule/lower-bound.ts';
import { slotsOverTime, slotTimeOf } from './capacity.ts';
import { type AttemptHistory, type History, isOfUse } from './read-history.ts';
import { speedsOf } from './speeds.ts';

/**
 * Bounds that are tried for the work that was found from a moment on. Each is one, and the largest counts: more of them
 * would find little more.
 */
const SUFFIXES = 32;

/** A piece of work that the job had to do, and since when it could be. */
interface Work {
  readonly foundMs: number;
  /** The time its attempt took, times its peer's speed. */
  readonly work: number;
}

/**
 * When the job could have ended at the earliest, in its milliseconds: its work as measured, each chunk from when it was
 * found, on the slots that its peers really gave, joins and leaves known beforehand; then the quickest proof of a result
 * and the file's end. null when no attempt's result was kept, so that nothing was measured.
 */
export function lowerBoundMs(history: History): number | null {
  const speeds = speedsOf(history);
  const kept = history.attempts.filter(isOfUse);
  const works = kept.map((attempt) => workOf(history, attempt, speeds)).sort((a, b) => a.foundMs - b.foundMs);
  if (works.length === 0) return null;
  const steps = capacitiesOf(history, speeds);
  const bounds = suffixesOf(works).map((rest) =>
    boundMs(
      rest.map(({ work }) => work),
      stepsFrom(steps, rest[0]?.foundMs ?? 0),
    ),
  );
  return Math.min(history.endMs, Math.max(...bounds) + endingMs(history, kept));
}

/** The whole, then less and less of it, down to what was found last. */
function suffixesOf(works: readonly Work[]): (readonly Work[])[] {
  const count = Math.min(SUFFIXES, works.length);
  return Array.from({ length: count }, (_, index) =>
    works.slice(count === 1 ? 0 : Math.round((index * (works.length - 1)) / (count - 1))),
  );
}

function workOf({ chunks }: History, attempt: AttemptHistory, speeds: ReadonlyMap<string, number>): Work {
  const speed = speeds.get(attempt.peer) ?? 0;
  const { fromMs, untilMs } = slotTimeOf(attempt) ?? { fromMs: 0, untilMs: 0 };
  return { foundMs: chunks.get(attempt.chunk)?.foundMs ?? 0, work: (untilMs - fromMs) * speed };
}

/** Speeds of all slots over time, the fastest first, as many in each step. */
function capacitiesOf(history: History, speeds: ReadonlyMap<string, number>): Capacity[] {
  const changes = [...slotsOverTime(history)]
    .flatMap(([peer, steps]) => steps.map((step) => ({ ...step, peer })))
    .sort((a, b) => a.fromMs - b.fromMs);
  const slotsNow = new Map<string, number>();
  const steps: { fromMs: number; speeds: number[] }[] = [{ fromMs: 0, speeds: [] }];
  for (const { fromMs, peer, slots } of changes) {
    slotsNow.set(peer, slots);
    const now = [...slotsNow].flatMap(([id, count]) => Array<number>(count).fill(speeds.get(id) ?? 0));
    now.sort((a, b) => b - a);
    if (steps.at(-1)?.fromMs === fromMs) steps.pop();
    steps.push({ fromMs, speeds: now });
  }
  const most = Math.max(...steps.map((step) => step.speeds.length));
  return steps.map(({ fromMs, speeds: now }) => ({
    fromMs,
    speeds: [...now, ...Array<number>(most - now.length).fill(0)],
  }));
}

/** The same steps, as if nothing could be done before. */
function stepsFrom(steps: readonly Capacity[], fromMs: number): Capacity[] {
  const current = steps.findLastIndex((step) => step.fromMs <= fromMs);
  return steps
    .slice(Math.max(0, current))
    .map((step) => ({ ...step, fromMs: Math.max(fromMs, step.fromMs) }));
}

/** From the last encode to the end, at the quickest: every schedule must prove its last result and end the file. */
function endingMs({ finishingMs, endMs }: History, kept: readonly AttemptHistory[]): number {
  const proofs = kept.map(({ encodedMs, endedMs }) => endedMs - (encodedMs ?? endedMs));
  return Math.min(...proofs) + (finishingMs === null ? 0 : endMs - finishingMs);
}
