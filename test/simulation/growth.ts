import { MAX_ANNOUNCED_JOBS } from '../../src/protocol/limits.ts';
import type { JobMessage } from '../../src/protocol/messages.ts';
import { MOST_PROBES } from '../../src/quality/search-crf.ts';
import { IndexedHeap } from '../../src/schedule/indexed-heap.ts';
import type { LeaderState } from '../../src/schedule/leader/state.ts';
import {
  ATTEMPTS_PER_SLOT,
  AWAY_KEPT,
  FETCHES_AT_ONCE,
  MEASURES_AT_ONCE,
  PACE_MARKS,
  POISON_PEERS,
  PREFETCH_PER_SLOT,
  PROOFS_AT_ONCE,
  RATE_SAMPLE_MS,
  RATE_SAMPLES,
  RATE_WINDOW_MS,
  RETRIES_KEPT,
  TRIES_PER_PEER,
} from '../../src/schedule/limits.ts';
import type { PeerState } from '../../src/schedule/peer/state.ts';
import { MAX_VARIANTS } from '../../src/zones/coding-variants.ts';
import { TRIALS } from './leading.ts';
import type { World } from './world.ts';

/**
 * Bytes that a message of each kind may take as JSON, fingerprints not counted: names and numbers, with words a sentence or
 * two, and a job's settings. What grows with the swarm, the film or its failures breaks this.
 */
const MESSAGE_BYTES: Readonly<Record<JobMessage['type'], number>> = {
  'job-announced': 1_000,
  'job-ended': 100,
  'lease-granted': 400,
  'steal-asked': 200,
  'attempt-cancelled': 500,
  'result-settled': 200,
  'room-offered': 100,
  'build-measured': 300,
  'build-unavailable': 300,
  'attempt-started': 200,
  'frames-decoded': 200,
  'attempt-progress': 200,
  'frames-scored': 200,
  'attempt-encoded': 300,
  'attempt-failed': 500,
  'lease-yielded': 200,
  'steal-refused': 200,
  'lease-returned': 500,
};

/** Why a message is larger than one of its kind may be, as a sentence; null when it is not. */
export function oversized(message: JobMessage): string | null {
  const plain = 'fingerprints' in message ? { ...message, fingerprints: null } : message;
  const bytes = JSON.stringify(plain).length;
  const most = MESSAGE_BYTES[message.type];
  return bytes <= most ? null : `${message.type} takes ${bytes} bytes and may take ${most}`;
}

/** How many entries a collection may have at most, by its name and the name of what it is in. */
export type Bounds = Readonly<Record<string, number>>;

/** Two of every chunk and of every trial beside it: the attempt and its backup. What is over is forgotten when its peer was told. */
const ATTEMPTS_A_CHUNK = 2;
/** And one that was given up for a thief, until that has begun: a chunk is stolen once. */
const STEALS_A_CHUNK = 1;

/** What a leader may remember in a world of so many hosts, jobs and chunks, however long it runs. */
export function leaderBounds({ hosts, jobs }: World): Bounds {
  const peers = hosts.length;
  const chunks = jobs.reduce((most, job) => Math.max(most, job.chunks.length), 0);
  const tried = (1 + TRIALS.length) * chunks;
  const attempts = (ATTEMPTS_A_CHUNK + STEALS_A_CHUNK) * tried + peers * AWAY_KEPT;
  const everyAttempt = jobs.length * attempts;
  return {
    'state.jobs': jobs.length,
    'state.peers': peers,
    'state.ending': everyAttempt,
    'state.unannounced': 0,
    'state.asked': everyAttempt,
    'state.deadlines': everyAttempt,
    'state.encoded': everyAttempt,
    'state.fetching': FETCHES_AT_ONCE,
    'state.fetched': everyAttempt,
    'state.proving': PROOFS_AT_ONCE,
    // By peer, and of each.
    'state.away': Math.max(peers, AWAY_KEPT),
    'state.closing': 0,
    'jobs.chunks': chunks,
    'jobs.attempts': attempts,
    'jobs.inFilmOrder': tried,
    'jobs.longestFirst': tried,
    'jobs.shortestFirst': tried,
    'jobs.latest': attempts,
    'jobs.unstarted': attempts,
    'jobs.handovers': tried,
    'jobs.troubled': tried,
    'jobs.poison': tried,
    'jobs.peers': peers,
    'jobs.usable': peers,
    'jobs.idle': peers,
    'jobs.byRate': peers,
    'jobs.changing': peers,
    'jobs.unanswered': peers,
    'jobs.blames': peers,
    // By peer, and of each.
    'jobs.rates': Math.max(peers, RATE_SAMPLES),
    'peers.attempts': everyAttempt,
    'peers.rates': RATE_SAMPLES,
    'pace.marks': PACE_MARKS,
    // Each peer that was away may have one besides.
    'chunks.attempts': ATTEMPTS_A_CHUNK + peers,
    // Whoever says that a result was a probe ends by itself: src/quality never asks for more.
    'chunks.probePeers': MOST_PROBES + TRIALS.length,
    // One refusal more than counts.
    'chunks.failures': POISON_PEERS * (TRIES_PER_PEER + 1),
    'chunks.trials': TRIALS.length,
    'trials.attempts': ATTEMPTS_A_CHUNK + peers,
    'trials.failures': POISON_PEERS * (TRIES_PER_PEER + 1),
    'blames.strikes': tried,
    'blames.doubts': tried,
    'blames.badResults': tried,
    'encoded.samples': RATE_WINDOW_MS / RATE_SAMPLE_MS,
    'encodedBy.samples': RATE_WINDOW_MS / RATE_SAMPLE_MS,
    'tally.byPeer': peers,
    'tally.encodedBy': peers,
    'tally.slotTimes': peers,
    'tally.retries': RETRIES_KEPT,
  };
}

/** The same for a peer of so many slots. */
export function peerBounds({ hosts, jobs, faults }: World, slots: number): Bounds {
  const leaders = hosts.length;
  // Whoever floods its peers tells of more jobs than there are.
  const announced = faults.some(({ kind }) => kind === 'flood') ? MAX_ANNOUNCED_JOBS : jobs.length;
  const attempts = leaders * slots * ATTEMPTS_PER_SLOT;
  const held = leaders * slots * (1 + PREFETCH_PER_SLOT);
  return {
    'state.leaders': leaders,
    'state.attempts': attempts,
    // Told as soon as they are decided.
    'state.refusals': 0,
    'state.measuring': MEASURES_AT_ONCE,
    'leaders.jobs': announced,
    'leaders.unmeasured': announced,
    'leaders.attempts': slots * ATTEMPTS_PER_SLOT,
    // Of all leaders, and of each.
    'places.held': held,
    'places.granted': held,
    'places.prepared': slots + Math.max(leaders, slots * PREFETCH_PER_SLOT),
    'places.ready': held,
    'places.running': slots,
    'places.working': slots,
    'places.over': 0,
    'places.asked': 0,
    'jobs.variantBytes': MAX_VARIANTS,
  };
}

/** Fields by which parts of a state know each other: what they lead to is met where it belongs. */
const REFERENCES = new Set([
  'job',
  'leader',
  'peer',
  'chunk',
  'follower',
  'follows',
  'stolenFrom',
  'yielded',
]);

/** What has outgrown its bound, or has none, as a sentence; null when nothing has. */
export function outgrown(state: LeaderState | PeerState, bounds: Bounds): string | null {
  return lookInto(state, '', 'state', bounds);
}

function lookInto(value: unknown, owner: string, name: string, bounds: Bounds): string | null {
  if (typeof value !== 'object' || value === null) return null;
  const size = sizeOf(value);
  if (size === null) {
    return firstOf(Object.keys(value), (key) =>
      REFERENCES.has(key) ? null : lookInto(Reflect.get(value, key), name, key, bounds),
    );
  }
  const bound = bounds[`${owner}.${name}`];
  if (bound === undefined) return `${owner}.${name} has no bound`;
  if (size > bound) return `${owner}.${name} has ${size} entries and may have ${bound}`;
  // Sets and heaps hold what belongs to a map, lists hold plain numbers and words.
  if (!(value instanceof Map)) return null;
  return firstOf(value.values(), (inner) => lookInto(inner, owner, name, bounds));
}

function sizeOf(value: object): number | null {
  if (value instanceof Map || value instanceof Set || value instanceof IndexedHeap) return value.size;
  return Array.isArray(value) ? value.length : null;
}

function firstOf<T>(items: Iterable<T>, find: (item: T) => string | null): string | null {
  for (const item of items) {
    const found = find(item);
    if (found !== null) return found;
  }
  return null;
}
