import { slotsOverTime, slotTimeOf } from './capacity.ts';
import { type AttemptHistory, type History, isOfUse } from './read-history.ts';
import { speedsOf } from './speeds.ts';

/**
 * What the slots did with the job's time.
 *
 * | `useful` | encoded what is in the output, or what was to tell at which quality |
 * | `wasted` | encoded what was lost, refused or beaten |
 * | `beginning` | before the first chunk was found |
 * | `starting` | met a machine's first chunk: its build is measured, its first slice sent and decoded |
 * | `data` | had a chunk whose slice was on its way, or whose first frames were being decoded |
 * | `scan` | waited for the scan to find more |
 * | `passed` | stood idle although chunks waited |
 * | `tail` | had nothing left to do while others encoded the last chunks |
 * | `ending` | the last results were proven and the file ended |
 */
export type TimeUse =
  | 'useful'
  | 'wasted'
  | 'beginning'
  | 'starting'
  | 'data'
  | 'scan'
  | 'passed'
  | 'tail'
  | 'ending';

export interface Account {
  /** Milliseconds of the job. Each moment is shared among the slots there are, by their speeds: the sum is its length. */
  readonly uses: Readonly<Record<TimeUse, number>>;
  /** The share of every attempt, in the history's order. */
  readonly attemptMs: readonly number[];
}

/** Idle slots of one peer by what they wait for, and what decides it. */
interface Desk {
  readonly speed: number;
  slots: number;
  running: number;
  /** Leases that did not begin. */
  unstarted: number;
  /** Nothing has begun here since it joined. */
  isNew: boolean;
}

/** Sums over all peers, of speeds: kept as things happen, so that a long job is read in one go. */
interface Floor {
  total: number;
  idle: number;
  waitingForData: number;
  /** The same of peers where nothing has begun yet: these are not in the two above. */
  newIdle: number;
  newWaitingForData: number;
  /** Chunks that nobody has, and what is found at all. */
  waiting: number;
  found: number;
  isScanEnded: boolean;
}

interface Change {
  readonly atMs: number;
  /** Of changes at one moment, the smaller comes first: a lease is granted before it begins and ends. */
  readonly order: number;
  readonly apply: () => void;
}

/** Sweeps over the history once. */
export function accountFor(history: History): Account {
  const speeds = speedsOf(history);
  const floor: Floor = {
    ...{ total: 0, idle: 0, waitingForData: 0, newIdle: 0, newWaitingForData: 0 },
    ...{ waiting: 0, found: 0, isScanEnded: false },
  };
  const uses: Record<TimeUse, number> = {
    ...{ useful: 0, wasted: 0, beginning: 0, starting: 0, data: 0, scan: 0, passed: 0, tail: 0, ending: 0 },
  };
  /** What a slot of speed 1 had of the job's time so far. */
  let shareMs = 0;
  const attemptMs = history.attempts.map(() => 0);
  const onSlot = (index: number, attempt: AttemptHistory, sign: 1 | -1): void => {
    attemptMs[index] = (attemptMs[index] ?? 0) - sign * shareMs * (speeds.get(attempt.peer) ?? 0);
  };
  const changes = [
    ...changesOfPeers(history, speeds, floor, onSlot),
    ...changesOfChunks(history, floor),
    { atMs: history.endMs, order: 9, apply: () => undefined },
  ];
  changes.sort((a, b) => a.atMs - b.atMs || a.order - b.order);
  const lastWorkMs = lastWork(history);
  let nowMs = 0;
  for (const { atMs, apply } of changes) {
    const untilMs = Math.min(atMs, history.endMs);
    if (untilMs > nowMs) {
      spend(uses, floor, untilMs - nowMs, nowMs >= lastWorkMs);
      if (floor.total > TINY) shareMs += (untilMs - nowMs) / floor.total;
      nowMs = untilMs;
    }
    apply();
  }
  history.attempts.forEach((attempt, index) => {
    const isUseful = isOfUse(attempt) || attempt.outcome === 'running';
    uses[isUseful ? 'useful' : 'wasted'] += attemptMs[index] ?? 0;
  });
  return { uses, attemptMs };
}

/** Sums of speeds that are added and taken away again are not exactly zero. */
const TINY = 1e-9;

/** Shares out a stretch of time among the idle slots; those at work are counted with their attempts. */
function spend(uses: Record<TimeUse, number>, floor: Floor, ms: number, isAllEncoded: boolean): void {
  const { total, waiting, found, isScanEnded } = floor;
  const isNobodyThere = total <= TINY;
  const share = (speed: number): number => (ms * Math.max(0, speed)) / total;
  const idle = floor.idle + floor.newIdle;
  if (found === 0 || isAllEncoded) {
    uses[found === 0 ? 'beginning' : 'ending'] += isNobodyThere ? ms : share(idle);
  } else if (isNobodyThere) {
    uses.starting += ms;
  } else {
    // A machine gets ready only for what there is to do.
    const starting = waiting > 0 ? floor.newIdle : floor.newWaitingForData;
    uses.starting += share(starting);
    uses.data += share(floor.waitingForData);
    const cause = waiting > 0 ? 'passed' : isScanEnded ? 'tail' : 'scan';
    uses[cause] += share(idle - starting - floor.waitingForData);
  }
}

/** Nothing was encoded afterwards that counts; what still runs may. */
function lastWork({ attempts, endMs }: History): number {
  if (attempts.some(({ outcome }) => outcome === 'running')) return endMs;
  const ends = attempts.filter(isOfUse).map((kept) => kept.encodedMs ?? kept.endedMs);
  return ends.length === 0 ? endMs : Math.max(...ends);
}

/** Makes a change of one peer. */
type At = (peer: string, atMs: number, order: number, change: (desk: Desk) => void) => void;

/** An attempt took or left its slot. */
type OnSlot = (index: number, attempt: AttemptHistory, sign: 1 | -1) => void;

function changesOfPeers(
  history: History,
  speeds: ReadonlyMap<string, number>,
  floor: Floor,
  onSlot: OnSlot,
): Change[] {
  const desks = new Map<string, Desk>();
  for (const id of history.peers.keys()) {
    desks.set(id, { speed: speeds.get(id) ?? 0, slots: 0, running: 0, unstarted: 0, isNew: true });
  }
  const changes: Change[] = [];
  const at: At = (peer, atMs, order, change) => {
    const desk = desks.get(peer);
    if (desk !== undefined) changes.push({ atMs, order, apply: () => move(floor, desk, () => change(desk)) });
  };
  changePresences(history, at);
  history.attempts.forEach((attempt, index) => {
    changeWork(attempt, index, at, onSlot);
  });
  return changes;
}

function changePresences(history: History, at: At): void {
  for (const [id, steps] of slotsOverTime(history)) {
    for (const { fromMs, slots } of steps) {
      at(id, fromMs, 0, (desk) => {
        desk.slots = slots;
      });
    }
  }
  for (const { id, steps } of history.peers.values()) {
    for (const { fromMs, state } of steps) {
      if (state !== 'new') continue;
      at(id, fromMs, 0, (desk) => {
        desk.isNew = true;
      });
    }
  }
}

function changeWork(attempt: AttemptHistory, index: number, at: At, onSlot: OnSlot): void {
  const { peer, grantedMs, endedMs } = attempt;
  const time = slotTimeOf(attempt);
  at(peer, grantedMs, 2, (desk) => {
    desk.unstarted += 1;
  });
  at(peer, time?.fromMs ?? endedMs, 3, (desk) => {
    desk.unstarted -= 1;
    if (time === null) return;
    desk.running += 1;
    desk.isNew = false;
    onSlot(index, attempt, 1);
  });
  if (time === null) return;
  at(peer, time.untilMs, 4, (desk) => {
    desk.running -= 1;
    onSlot(index, attempt, -1);
  });
}

/** Keeps the sums over all peers while one of them changes. */
function move(floor: Floor, desk: Desk, change: () => void): void {
  count(floor, desk, -1);
  change();
  count(floor, desk, 1);
}

function count(floor: Floor, { speed, slots, running, unstarted, isNew }: Desk, sign: 1 | -1): void {
  const idle = Math.max(0, slots - running);
  floor.total += sign * speed * slots;
  const waitingForData = Math.min(idle, unstarted);
  floor[isNew ? 'newIdle' : 'idle'] += sign * speed * idle;
  floor[isNew ? 'newWaitingForData' : 'waitingForData'] += sign * speed * waitingForData;
}

function changesOfChunks({ chunks, attempts, scanEndedMs }: History, floor: Floor): Change[] {
  const changes: Change[] = [];
  const holders = new Map<number, number>();
  const hold = (chunk: number, by: 1 | -1): void => {
    const before = holders.get(chunk) ?? 0;
    holders.set(chunk, before + by);
    // Who is the first to take a chunk takes it from those that wait; who is the last to drop it puts it back.
    if (before === 0 || before + by === 0) floor.waiting -= by;
  };
  for (const { chunk, foundMs, reusedBytes } of chunks.values()) {
    changes.push({
      atMs: foundMs,
      order: 1,
      apply: () => {
        floor.found += 1;
        if (reusedBytes === null) floor.waiting += 1;
        else holders.set(chunk, 1);
      },
    });
  }
  for (const { chunk, grantedMs, endedMs, outcome } of attempts) {
    changes.push({ atMs: grantedMs, order: 2, apply: () => hold(chunk, 1) });
    // A result that was kept holds its chunk for ever.
    if (outcome !== 'kept') changes.push({ atMs: endedMs, order: 4, apply: () => hold(chunk, -1) });
  }
  if (scanEndedMs !== null) {
    changes.push({
      atMs: scanEndedMs,
      order: 1,
      apply: () => {
        floor.isScanEnded = true;
      },
    });
  }
  return changes;
}
