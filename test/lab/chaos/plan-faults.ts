import { LIES } from '../../daemon/lies.ts';
import { createRandom, type Random } from '../../simulation/random.ts';

/** Machines of a run; the first one leads. */
export const HOST_NAMES = ['desk', 'shelf', 'couch', 'attic'] as const;
export type HostName = (typeof HOST_NAMES)[number];
export const LEADER: HostName = 'desk';

/** What is done to a machine, and undone after the fault's time where that can be. */
export const FAULT_KINDS = [
  /** The daemon is killed, and started again. */
  'kill',
  /** The daemon is asked to end, and started again. */
  'restart',
  /** The daemon stands still: a machine that sleeps, or swaps. */
  'stop',
  /** The cable is pulled. */
  'cut',
  /** The cable carries little. */
  'slow',
  /** The disk of the state folder has no room left. */
  'full-disk',
  /** One of the daemon's child processes is killed. */
  'kill-child',
  /** An encoder hangs. */
  'hang-encoder',
  /** A byte of a result on the machine's disk becomes another one. */
  'corrupt-result',
  /** A game starts: the machine hands back what it encodes. */
  'pause',
] as const;
export type FaultKind = (typeof FAULT_KINDS)[number];

export interface Fault {
  readonly kind: FaultKind;
  readonly host: HostName;
  /** Begins when so much of the film is committed. */
  readonly share: number;
  readonly seconds: number;
  /** [0, 1): which of several children is meant. */
  readonly dice: number;
}

/** One seed's history, as far as it can be told before. */
export interface FaultPlan {
  readonly seed: number;
  /** In the order in which they begin. */
  readonly faults: readonly Fault[];
  /** Name of the lie of a machine that hands in bad results all the time; null: there is none. */
  readonly lie: string | null;
}

/** More of a film of a few seconds would leave nothing between them. */
const MOST_FAULTS = 10;

/** A heartbeat takes 3 s to suspect a silent machine and 15 s to give it up: shorter and longer than each. */
const SHORT_SECONDS = [0.2, 5] as const;
const LONG_SECONDS = [14, 18] as const;
const LONG_CHANCE = 0.1;

/** The leader is one of four machines, and half of what can go wrong. */
const LEADER_CHANCE = 0.4;

const LIAR_CHANCE = 0.2;

/** The same seed gives the same plan. */
export function planFaults(seed: number): FaultPlan {
  const random = createRandom(seed);
  const faults = Array.from({ length: random.whole(1, MOST_FAULTS) }, () => drawFault(random));
  return {
    seed,
    faults: faults.sort((a, b) => a.share - b.share),
    lie: random.chance(LIAR_CHANCE) ? random.pick(Object.keys(LIES)) : null,
  };
}

/** One line. */
export function describePlan({ faults, lie }: FaultPlan): string {
  const words = faults.map(
    ({ kind, host, share, seconds }) => `${kind} ${host} at ${Math.round(100 * share)} % for ${seconds} s`,
  );
  return [...words, ...(lie === null ? [] : [`a peer lies: ${lie}`])].join(', ');
}

function drawFault(random: Random): Fault {
  const [least, most] = random.chance(LONG_CHANCE) ? LONG_SECONDS : SHORT_SECONDS;
  return {
    kind: random.pick(FAULT_KINDS),
    host: random.chance(LEADER_CHANCE) ? LEADER : random.pick(HOST_NAMES),
    share: random.between(0, 1),
    seconds: Math.round(10 * random.between(least, most)) / 10,
    dice: random.next(),
  };
}
