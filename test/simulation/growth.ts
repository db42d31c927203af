import {
  MAX_ANNOUNCED_JOBS,
  MAX_BULK_BYTES,
  MAX_COUNT,
  MAX_FINGERPRINT_BYTES,
  MAX_FRAMES,
  MAX_ID_LENGTH,
  MAX_LEASES,
  MAX_SCORES,
  MAX_VERSION_LENGTH,
  MAX_WORDS_LENGTH,
} from '../../src/protocol/limits.ts';
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

/** What src/protocol/limits.ts allows for a field of any message: a number itself, of words and lists how long they are. */
const MOST: Readonly<Record<string, number>> = {
  type: MAX_ID_LENGTH,
  job: MAX_ID_LENGTH,
  chunk: MAX_COUNT,
  attempt: MAX_COUNT,
  variant: MAX_VARIANTS,
  quality: MAX_COUNT,
  variants: MAX_VARIANTS,
  variantDigests: MAX_VARIANTS,
  frameCount: MAX_FRAMES,
  firstFrame: MAX_FRAMES,
  framesEncoded: MAX_FRAMES,
  scores: MAX_SCORES,
  fingerprints: MAX_FINGERPRINT_BYTES,
  sliceBytes: MAX_BULK_BYTES,
  bytes: MAX_BULK_BYTES,
  leases: MAX_LEASES,
  thief: MAX_ID_LENGTH,
  digest: MAX_ID_LENGTH,
  sha256: MAX_ID_LENGTH,
  encoder: MAX_VERSION_LENGTH,
  lacks: MAX_WORDS_LENGTH,
  reason: MAX_WORDS_LENGTH,
  words: MAX_WORDS_LENGTH,
  cause: MAX_WORDS_LENGTH,
  cpuSeconds: MAX_COUNT,
};

/** Why a message is larger than one of its kind may be, as a sentence; null when it is not. */
export function oversized(message: JobMessage): string | null {
  for (const [field, value] of Object.entries(message)) {
    const size = typeof value === 'number' ? value : lengthOf(value);
    const most = MOST[field];
    if (size !== null && !(most !== undefined && size >= 0 && size <= most)) {
      return `${field} of ${message.type} is ${size}, and may be ${most ?? 'nothing, as it has no limit'}`;
    }
  }
  const plain = 'fingerprints' in message ? { ...message, fingerprints: null } : message;
  const bytes = JSON.stringify(plain).length;
  const most = MESSAGE_BYTES[message.type];
  return bytes <= most ? null : `${message.type} takes ${bytes} bytes and may take ${most}`;
}

function lengthOf(value: unknown): number | null {
  return typeof value === 'string' || Array.isArray(value) || value instanceof Uint8Array
    ? value.length
    : null;
}

/** How many entries a collection may have at most, by the name of what it is in and its own. */
export type Bounds = Readonly<Record<string, Readonly<Record<string, number>>>>;

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
    state: {
      jobs: jobs.length,
      peers,
      ending: everyAttempt,
      unannounced: 0,
      asked: everyAttempt,
      deadlines: everyAttempt,
      encoded: everyAttempt,
      fetching: FETCHES_AT_ONCE,
      fetched: everyAttempt,
      proving: PROOFS_AT_ONCE,
      // By peer, and of each.
      away: Math.max(peers, AWAY_KEPT),
      closing: 0,
    },
    jobs: {
      chunks,
      attempts,
      inFilmOrder: tried,
      longestFirst: tried,
      shortestFirst: tried,
      latest: attempts,
      unstarted: attempts,
      handovers: tried,
      troubled: tried,
      poison: tried,
      peers,
      usable: peers,
      idle: peers,
      byRate: peers,
      changing: peers,
      unanswered: peers,
      blames: peers,
      // By peer, and of each.
      rates: Math.max(peers, RATE_SAMPLES),
    },
    peers: {
      attempts: everyAttempt,
      rates: RATE_SAMPLES,
    },
    pace: {
      marks: PACE_MARKS,
    },
    chunks: {
      // Each peer that was away may have one besides.
      attempts: ATTEMPTS_A_CHUNK + peers,
      // Whoever says that a result was a probe ends by itself: src/quality never asks for more.
      probePeers: MOST_PROBES + TRIALS.length,
      // One refusal more than counts.
      failures: POISON_PEERS * (TRIES_PER_PEER + 1),
      trials: TRIALS.length,
    },
    trials: {
      attempts: ATTEMPTS_A_CHUNK + peers,
      failures: POISON_PEERS * (TRIES_PER_PEER + 1),
    },
    blames: {
      strikes: tried,
      doubts: tried,
      badResults: tried,
    },
    encoded: {
      samples: RATE_WINDOW_MS / RATE_SAMPLE_MS,
    },
    encodedBy: {
      samples: RATE_WINDOW_MS / RATE_SAMPLE_MS,
    },
    tally: {
      byPeer: peers,
      encodedBy: peers,
      slotTimes: peers,
      retries: RETRIES_KEPT,
    },
  };
}

/** The same for a peer. */
export function peerBounds({ hosts, jobs, faults }: World, peer: string): Bounds {
  const leaders = hosts.length;
  const slots = hosts.find(({ id }) => id === peer)?.slots ?? 0;
  // Whoever floods its peers tells of more jobs than there are.
  const announced = faults.some(({ kind }) => kind === 'flood') ? MAX_ANNOUNCED_JOBS : jobs.length;
  const attempts = leaders * slots * ATTEMPTS_PER_SLOT;
  const held = leaders * slots * (1 + PREFETCH_PER_SLOT);
  return {
    state: {
      leaders,
      attempts,
      // Told as soon as they are decided.
      refusals: 0,
      measuring: MEASURES_AT_ONCE,
    },
    leaders: {
      jobs: announced,
      unmeasured: announced,
      attempts: slots * ATTEMPTS_PER_SLOT,
    },
    // Of all leaders, and of each.
    places: {
      held,
      granted: held,
      prepared: slots + Math.max(leaders, slots * PREFETCH_PER_SLOT),
      ready: held,
      running: slots,
      working: slots,
      over: 0,
      asked: 0,
    },
    jobs: {
      variantBytes: MAX_VARIANTS,
    },
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

function lookInto(value: object, owner: string, name: string, bounds: Bounds): string | null {
  const size = sizeOf(value);
  if (size === null) return lookIntoFields(value, name, bounds);
  const bound = bounds[owner]?.[name];
  if (bound === undefined) return `${owner}.${name} has no bound`;
  if (size > bound) return `${owner}.${name} has ${size} entries and may have ${bound}`;
  // Sets and heaps hold what belongs to a map, lists hold plain numbers and words.
  if (!(value instanceof Map)) return null;
  for (const inner of value.values()) {
    const found = isObject(inner) ? lookInto(inner, owner, name, bounds) : null;
    if (found !== null) return found;
  }
  return null;
}

function lookIntoFields(value: object, name: string, bounds: Bounds): string | null {
  for (const key in value) {
    const inner: unknown = Reflect.get(value, key);
    const found = isObject(inner) && !REFERENCES.has(key) ? lookInto(inner, name, key, bounds) : null;
    if (found !== null) return found;
  }
  return null;
}

function isObject(value: unknown): value is object {
  return typeof value === 'object' && value !== null;
}

function sizeOf(value: object): number | null {
  if (value instanceof Map || value instanceof Set || value instanceof IndexedHeap) return value.size;
  return Array.isArray(value) ? value.length : null;
}
