/** What one encode took, on whichever machine. */
export interface TimedEncode {
  /** Which of several ways to encode. */
  readonly way: number;
  /** What was encoded: equal for what would take equally long in one way and on one machine. */
  readonly work: string;
  readonly peer: string;
  readonly seconds: number;
}

/** The start of an engine and its first frames weigh too much in less: such encodes say nothing of the encoder's options. */
const LEAST_SECONDS = 1;

/** Each goes over all three effects; the fit does not change any more after so many. */
const ROUNDS = 60;

/** Beyond the first half of the rounds what an encode is off by counts as no more than this, a tenth of its time. */
const MOST_OFF = 0.1;

/**
 * How long each way takes beside way 0, as a ratio. An encode's time is taken for the product of its way, its work and its
 * machine: the logarithms are fitted by alternating means, so that it does not matter who tried what, with what is far off
 * bounded (Huber 1964), as an engine's first encode takes longer.
 *
 * @returns by way; none of a way of which no encode was long enough to tell, and none at all where way 0 was not.
 */
export function timeRatios(encodes: readonly TimedEncode[]): Map<number, number> {
  const timed = encodes.filter(({ seconds }) => seconds >= LEAST_SECONDS);
  const ways = new Map<number, number>();
  const works = new Map<string, number>();
  const peers = new Map<string, number>();
  let most = Number.POSITIVE_INFINITY;
  function leftOver({ way, work, peer, seconds }: TimedEncode): number {
    const effects = (ways.get(way) ?? 0) + (works.get(work) ?? 0) + (peers.get(peer) ?? 0);
    return Math.max(-most, Math.min(most, Math.log(seconds) - effects));
  }
  for (let round = 0; round < ROUNDS; round += 1) {
    if (2 * round >= ROUNDS) most = MOST_OFF;
    refit(works, timed, ({ work }) => work, leftOver);
    refit(peers, timed, ({ peer }) => peer, leftOver);
    refit(ways, timed, ({ way }) => way, leftOver);
  }
  const own = ways.get(0);
  if (own === undefined) return new Map();
  return new Map([...ways].map(([way, effect]) => [way, Math.exp(effect - own)]));
}

/** Adds to each effect what is left over of its encodes on average. */
function refit<Key>(
  effects: Map<Key, number>,
  encodes: readonly TimedEncode[],
  keyOf: (encode: TimedEncode) => Key,
  leftOver: (encode: TimedEncode) => number,
): void {
  const sums = new Map<Key, { total: number; count: number }>();
  for (const encode of encodes) {
    const sum = sums.get(keyOf(encode)) ?? { total: 0, count: 0 };
    sum.total += leftOver(encode);
    sum.count += 1;
    sums.set(keyOf(encode), sum);
  }
  for (const [key, { total, count }] of sums) effects.set(key, (effects.get(key) ?? 0) + total / count);
}
