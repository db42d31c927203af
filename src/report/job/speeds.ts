import { slotTimeOf } from './capacity.ts';
import { type History, isOfUse } from './read-history.ts';

/**
 * What one slot of each peer did in a millisecond, in predicted cost: measured by the attempts whose results were kept,
 * where there are none by the frames that others encoded. A peer that encoded nothing has no speed.
 */
export function speedsOf({ attempts, chunks }: History): Map<string, number> {
  const kept = new Map<string, { cost: number; ms: number }>();
  const tried = new Map<string, { cost: number; ms: number }>();
  for (const attempt of attempts) {
    const chunk = chunks.get(attempt.chunk);
    const time = slotTimeOf(attempt);
    if (chunk === undefined || time === null) continue;
    const isKept = isOfUse(attempt);
    const share = isKept ? 1 : attempt.framesEncoded / (chunk.endFrame - chunk.startFrame);
    const sums = isKept ? kept : tried;
    const sum = sums.get(attempt.peer) ?? { cost: 0, ms: 0 };
    const ms = Math.max(1, time.untilMs - time.fromMs);
    sums.set(attempt.peer, { cost: sum.cost + share * chunk.cost, ms: sum.ms + ms });
  }
  const speeds = new Map<string, number>();
  for (const [peer, { cost, ms }] of [...tried, ...kept]) if (cost > 0) speeds.set(peer, cost / ms);
  return speeds;
}
