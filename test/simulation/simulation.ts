import type { AttemptName } from '../../src/schedule/peer/events.ts';
import type { Clock } from './clock.ts';
import type { Witness } from './invariants.ts';
import type { Network } from './network.ts';
import type { Random } from './random.ts';
import type { Trace } from './trace.ts';
import type { ChunkFacts, HostFacts } from './world.ts';

/** What a leader sends for an attempt: the chunk as it really is, and how much lead-in came with it. */
export interface Slice {
  readonly chunk: ChunkFacts;
  readonly leadIn: number;
}

/** What an encode left on a peer's disk. */
export interface Result {
  readonly chunk: ChunkFacts;
  readonly isGood: boolean;
}

/** What the parts of a simulation share. */
export interface Simulation {
  readonly clock: Clock;
  readonly random: Random;
  readonly network: Network;
  readonly trace: Trace;
  readonly witness: Witness;
  readonly progressMs: number;
  hostFacts(host: string): HostFacts;
  /** Factor on a host's speed now: 1, or less after a fault. */
  slowness(host: string): number;
  /** Whether what it says of its leases gets to no other leader. */
  isMute(host: string): boolean;
  /** Whether its disk has no room. */
  isFull(host: string): boolean;
  /** A timer of the host rang: what follows is done at once, or when the host wakes. */
  onTimer(host: string, run: () => void): void;
  /** Whether any job of the world is led there. */
  isLeading(host: string): boolean;
  /** A chunk took the whole machine down. */
  kill(host: string): void;
  sliceAt(leader: string, job: string, attempt: number): Slice | null;
  /** What a victim gives a thief of the attempt that it gave up for it. */
  stolenSliceAt(victim: string, name: AttemptName, thief: string): Slice | null;
  resultAt(peer: string, leader: string, job: string, attempt: number): Result | null;
}
