/** What every slot can do from a time on, fastest first; work a millisecond. */
export interface Capacity {
  readonly fromMs: number;
  readonly speeds: readonly number[];
}

/**
 * When all work can be done at the earliest if every piece could be stopped and moved at will, none on two slots at
 * once (Horvath, Lam and Sethi): the k largest pieces have at most the k fastest slots of each moment, and all pieces
 * have all slots. Steps are in order of time; the last one holds for ever.
 */
export function boundMs(works: readonly number[], steps: readonly Capacity[]): number {
  const largestFirst = [...works].sort((a, b) => b - a);
  const slotCount = steps[0]?.speeds.length ?? 0;
  let bound = steps[0]?.fromMs ?? 0;
  let work = 0;
  for (let k = 1; k < Math.min(slotCount, largestFirst.length + 1); k += 1) {
    work += largestFirst[k - 1] ?? 0;
    bound = Math.max(bound, timeFor(work, k, steps));
  }
  return Math.max(bound, timeFor(sum(largestFirst), slotCount, steps));
}

/** When the `count` fastest slots of each moment have done so much together. */
function timeFor(work: number, count: number, steps: readonly Capacity[]): number {
  let left = work;
  for (const [place, { fromMs, speeds }] of steps.entries()) {
    const speed = sum(speeds.slice(0, count));
    const nextMs = steps[place + 1]?.fromMs ?? Number.POSITIVE_INFINITY;
    if (speed > 0 && left <= speed * (nextMs - fromMs)) return fromMs + left / speed;
    left -= speed === 0 ? 0 : speed * (nextMs - fromMs);
  }
  return Number.POSITIVE_INFINITY;
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((total, number) => total + number, 0);
}
