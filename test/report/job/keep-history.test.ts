import { expect, test } from 'vitest';
import { createKeeper, endHistory, keepHistory } from '../../../src/report/job/keep-history.ts';
import { readHistory } from '../../../src/report/job/read-history.ts';
import type { HistoryRecord } from '../../../src/report/job/records.ts';
import type { LeaderEvent } from '../../../src/schedule/leader/events.ts';
import { Desk } from '../../schedule/leader/desk.ts';

const FACTS = {
  nameOf: (peer: string) => `the ${peer}`,
  factsOf: () => ({ cpuSeconds: 2, sentBytes: 30 }),
};

/** A leader whose every event is kept, as a daemon's are. */
class KeptDesk extends Desk {
  readonly records: HistoryRecord[] = [];
  readonly keeper;

  constructor(earlier: readonly HistoryRecord[] = []) {
    super();
    this.nowMs = 1000;
    this.keeper = createKeeper('j', 1000, earlier);
  }

  override apply(...events: LeaderEvent[]): void {
    for (const event of events) {
      super.apply(event);
      // As in a daemon: what came before the job is told by its beginning.
      if (!this.state.jobs.has('j')) continue;
      this.records.push(...keepHistory(this.keeper, this.state, event, this.nowMs, FACTS));
    }
  }

  grant(chunk: number, attempt: number, peer: string): void {
    const { nowMs } = this;
    this.apply({ type: 'lease-granted', job: 'j', chunk, attempt, peer, leadIn: 0, nowMs });
  }

  of<Type extends HistoryRecord['type']>(type: Type): Extract<HistoryRecord, { type: Type }>[] {
    return this.records.filter(
      (record): record is Extract<HistoryRecord, { type: Type }> => record.type === type,
    );
  }
}

/** Chunk 0 is leased to the shelf, which was there before the job, chunk 1 to the couch; chunk 2 waits. */
function busyDesk(earlier: readonly HistoryRecord[] = []): KeptDesk {
  const desk = new KeptDesk(earlier);
  desk.join('shelf');
  desk.submit();
  desk.join('couch');
  desk.find([100, 200, 300]);
  desk.grant(0, 0, 'shelf');
  desk.grant(1, 1, 'couch');
  return desk;
}

test('who was there at the beginning and who came, with slots and builds', () => {
  const desk = busyDesk();
  desk.nowMs = 3000;
  desk.apply({ type: 'room-offered', peer: 'couch', leases: 0 });
  expect(desk.of('peer-joined').map(({ ms, name }) => [ms, name])).toEqual([
    ...[
      [0, 'the shelf'],
      [0, 'the couch'],
    ],
  ]);
  expect(desk.of('build-measured').map(({ peer, digest, encoder }) => [peer, digest, encoder])).toEqual([
    ...[['couch', 'd', 'E']],
  ]);
  expect(desk.of('slots-given').map(({ ms, peer, slots }) => [ms, peer, slots])).toEqual([
    ...[
      [0, 'shelf', 1],
      [0, 'couch', 1],
      [2000, 'couch', 0],
    ],
  ]);
  expect(
    desk
      .of('chunk-found')
      .map(({ chunk, startFrame, endFrame, cost }) => [chunk, startFrame, endFrame, cost]),
  ).toEqual(
    ...[
      [
        [0, 0, 100, 100],
        [1, 100, 300, 200],
        [2, 300, 600, 300],
      ],
    ],
  );
});

test('an attempt is written when it starts, and once more with all its way when it ends', () => {
  const desk = busyDesk();
  const name = { job: 'j', attempt: 0 };
  desk.nowMs = 2000;
  desk.apply({ type: 'attempt-started', ...name, nowMs: 2000 });
  desk.nowMs = 5000;
  desk.apply({ type: 'attempt-encoded', ...name, bytes: 99, nowMs: 5000 });
  desk.apply({ type: 'result-fetching', ...name, nowMs: 5000 });
  desk.nowMs = 6000;
  desk.apply({ type: 'result-fetched', ...name, nowMs: 6000 });
  desk.apply({ type: 'result-proving', ...name });
  desk.nowMs = 7000;
  desk.apply({ type: 'chunk-committed', job: 'j', chunk: 0, attempt: 0, bytes: 99 });
  expect(desk.of('attempt-started')).toMatchObject([{ ms: 1000, chunk: 0, peer: 'shelf' }]);
  expect(desk.of('attempt-ended')).toEqual([
    {
      ...{ type: 'attempt-ended', ms: 6000, attempt: 0, chunk: 0, peer: 'shelf' },
      ...{ isBackup: false, grantedMs: 0, startedMs: 1000, encodedMs: 4000, fetchedMs: 5000 },
      ...{ outcome: 'kept', words: '', framesEncoded: 100, cpuSeconds: 2, sentBytes: 30, resultBytes: 99 },
    },
  ]);
});

test('a peer that comes back goes on with its attempt: what was before is told as left', () => {
  const desk = busyDesk();
  desk.apply({ type: 'attempt-started', job: 'j', attempt: 0, nowMs: 1500 });
  desk.nowMs = 3000;
  desk.apply({ type: 'peer-away', peer: 'shelf', nowMs: 3000 });
  desk.nowMs = 9000;
  desk.apply({ type: 'peer-back', peer: 'shelf', slots: 1, nowMs: 9000 });
  desk.progress(desk.attempt(0), 50);
  desk.nowMs = 10_000;
  desk.apply({ type: 'chunk-committed', job: 'j', chunk: 0, attempt: 0, bytes: 5 });
  desk.leave('shelf');
  const pieces = desk.of('attempt-ended').filter(({ attempt }) => attempt === 0);
  expect(pieces.map(({ startedMs, ms, outcome }) => [startedMs, ms, outcome])).toEqual([
    [500, 2000, 'left'],
    [8000, 9000, 'kept'],
  ]);
  expect(desk.of('peer-left').map(({ ms }) => ms)).toEqual([2000, 9000]);
});

test('failures, leases handed back, peers that leave and results that were beaten are told apart', () => {
  const desk = busyDesk();
  desk.apply({ type: 'attempt-started', job: 'j', attempt: 0, nowMs: 1500 });
  desk.grant(0, 90, 'couch');
  desk.apply({ type: 'chunk-committed', job: 'j', chunk: 0, attempt: 90, bytes: 5 });
  desk.apply({ type: 'lease-returned', job: 'j', attempt: 1, reason: 'It is paused.' });
  desk.grant(1, 91, 'shelf');
  desk.apply({
    type: 'attempt-failed',
    job: 'j',
    attempt: 91,
    cause: 'encoder',
    words: 'It broke.',
    nowMs: 1800,
  });
  desk.grant(1, 92, 'couch');
  desk.leave('couch');
  const ended = desk.of('attempt-ended');
  expect(ended.map(({ attempt, outcome, isBackup, words }) => [attempt, outcome, isBackup, words])).toEqual([
    [0, 'beaten', false, 'Another result of this chunk was committed.'],
    [90, 'kept', true, ''],
    [1, 'returned', false, 'It is paused.'],
    [91, 'encoder', false, 'It broke.'],
    [92, 'left', false, 'The peer left.'],
  ]);
});

test('a run that goes on repeats nothing of the earlier ones, and ends what is open', () => {
  const before = busyDesk();
  before.apply({ type: 'chunk-committed', job: 'j', chunk: 0, attempt: 0, bytes: 5 });
  const desk = busyDesk(before.records);
  desk.apply({ type: 'chunk-committed', job: 'j', chunk: 0, attempt: null, bytes: 5 });
  desk.apply({ type: 'chunk-committed', job: 'j', chunk: 2, attempt: null, bytes: 7 });
  expect(desk.of('chunk-found')).toEqual([]);
  expect(desk.of('chunk-reused').map(({ chunk, bytes }) => [chunk, bytes])).toEqual([[2, 7]]);
  expect(endHistory(desk.keeper, 2000, FACTS)).toMatchObject([{ ms: 1000, chunk: 1, outcome: 'cancelled' }]);
});

test('a probe is told as one, and the report finds the result that was chosen in the end', () => {
  const desk = busyDesk();
  desk.apply({ type: 'attempt-started', job: 'j', attempt: 0, nowMs: 1500 });
  desk.nowMs = 3000;
  desk.apply({ type: 'probe-kept', job: 'j', chunk: 0, attempt: 0, quality: 30, score: 95.3 });
  desk.grant(0, 90, 'couch');
  desk.nowMs = 5000;
  const choice = { quality: 30, score: 95.3, probeCount: 2 };
  desk.apply(
    { type: 'probe-kept', job: 'j', chunk: 0, attempt: 90, quality: 31, score: 94.4 },
    { type: 'chunk-committed', job: 'j', chunk: 0, attempt: 0, bytes: 9, choice },
  );
  const ended = desk.of('attempt-ended').map(({ attempt, outcome, words }) => [attempt, outcome, words]);
  expect(ended).toEqual([
    [0, 'probe', 'At 30 it scored 95.30.'],
    [90, 'probe', 'At 31 it scored 94.40.'],
  ]);
  const history = readHistory(
    [{ type: 'run-began', epochMs: 0, utcOffsetMinutes: 0, version: '1', leader: 'shelf' }, ...desk.records],
    null,
  );
  expect(history.chunks.get(0)?.choice).toEqual(choice);
  const outcomes = history.attempts.map(({ attempt, outcome }) => [attempt, outcome]);
  expect(outcomes.filter(([attempt]) => attempt !== 1)).toEqual([
    [0, 'kept'],
    [90, 'probe'],
  ]);
});
