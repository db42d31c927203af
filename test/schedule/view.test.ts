import { expect, test } from 'vitest';
import { viewJob, viewPeers } from '../../src/schedule/view.ts';
import { Desk } from './leader/desk.ts';

test('a job is shown as it stands: what is found, leased, committed and appended, by whom, and how fast', () => {
  const desk = new Desk();
  desk.submit();
  desk.join('a', 2);
  desk.join('b', 1);
  desk.find([100, 100, 100, 100]);
  desk.apply({ type: 'chunk-committed', job: 'j', chunk: 3, attempt: null, bytes: 1_000 });
  desk.plan();
  desk.start(desk.leaseOf(1));
  desk.progress(desk.leaseOf(1), 1);
  desk.commit(desk.leaseOf(0), 10_000);
  desk.apply({ type: 'chunk-appended', job: 'j', chunk: 0 });
  desk.progress(desk.leaseOf(1), 40);
  const view = viewJob(desk.state, desk.job(), desk.nowMs);
  expect(view).toMatchObject({
    chunksFound: 4,
    chunksLeased: 2,
    chunksWaiting: 0,
    chunksCommitted: 2,
    chunksReused: 1,
    chunksAppended: 1,
    framesTotal: 400,
    framesCommitted: 200,
    framesInProgress: 40,
    bytesCommitted: 2_000,
    expectedBytes: null,
  });
  expect(view.encodeRate).toBeCloseTo(14);
  expect(view.etaSeconds).toBeCloseTo(160 / 14);
  const [a, b] = view.peers;
  // Both rates are of the same minute, or two figures of one screen would contradict each other.
  expect((a?.encodeRate ?? 0) + (b?.encodeRate ?? 0)).toBeCloseTo(14);
  // One of them is a backup of what the other peer has not begun to show.
  expect(a).toMatchObject({ peer: 'a', leases: 2 });
  expect((a?.framesCommitted ?? 0) + (b?.framesCommitted ?? 0)).toBe(100);
  expect(viewPeers(desk.state)).toMatchObject([
    { peer: 'a', slots: 2, room: 4, leftOut: [] },
    { peer: 'b', slots: 1, room: 2, leftOut: [] },
  ]);
});

test('totals come from the container until the scan knows better, and are not made up where nobody knows', () => {
  const desk = new Desk();
  const submitted = { type: 'job-submitted', isLocal: false, job: 'j', firstAttempt: 0, nowMs: 0 } as const;
  desk.apply({ ...submitted, frameCountEstimate: 500 });
  expect(viewJob(desk.state, desk.job(), 0)).toMatchObject({ framesTotal: 500, etaSeconds: null });
  desk.find([100]);
  expect(viewJob(desk.state, desk.job(), 0)).toMatchObject({ framesTotal: 100, expectedBytes: null });
});

test('the size that is expected follows what was encoded by how much moves in it, once that is enough to tell', () => {
  const desk = new Desk();
  desk.submit();
  desk.join('a');
  // A dark beginning that hardly moves, then eight times as much.
  const chunks = Array.from({ length: 8 }, (_, chunk) => ({
    ...({
      type: 'chunk-found',
      job: 'j',
      chunk,
      startFrame: 100 * chunk,
      endFrame: 100 * (chunk + 1),
    } as const),
    complexity: chunk < 4 ? 0 : 175,
  }));
  for (const chunk of chunks) desk.apply(chunk);
  const expected = (bytes: readonly number[]) => {
    bytes.forEach((each, chunk) => {
      desk.apply({ type: 'chunk-committed', job: 'j', chunk, attempt: null, bytes: each });
    });
    return viewJob(desk.state, desk.job(), 0).expectedBytes;
  };
  desk.apply({ type: 'scan-ended', job: 'j', chunkCount: 8 });
  expect(expected([1_000, 1_000, 1_000])).toBeNull();
  // Weights of 0.125 and 2.828 a frame.
  expect(expected([1_000, 1_000, 1_000, 1_000])).toBe(Math.round(4_000 + (4_000 * 2 ** 1.5) / 0.125));
  const all = [1_000, 1_000, 1_000, 1_000, 9_000, 9_000, 9_000, 9_000];
  expect(expected(all)).toBe(40_000);
});

test('retries are shown with their reasons, and a peer that lost its work stays in the account', () => {
  const desk = new Desk();
  desk.submit();
  desk.join('a');
  desk.join('b');
  desk.find([10, 10]);
  desk.plan();
  desk.commit(desk.leaseOf(0));
  desk.fail(desk.leaseOf(1), 'encoder', 'Svt[error].');
  desk.leave('a');
  const view = viewJob(desk.state, desk.job(), desk.nowMs);
  expect(view.retryCount).toBe(1);
  expect(view.retries).toEqual([{ chunk: 1, attempt: 1, peer: 'b', cause: 'encoder', words: 'Svt[error].' }]);
  expect(view.peers).toMatchObject([
    { peer: 'a', isConnected: false, chunksCommitted: 1 },
    { peer: 'b', isConnected: true },
  ]);
});

test('a peer that tries its encoder before it gets work is shown so until it has answered', () => {
  const desk = new Desk();
  desk.submit();
  desk.apply({ type: 'peer-joined', peer: 'a', slots: 1, isOwn: false, nowMs: desk.nowMs });
  const isMeasuring = () => viewJob(desk.state, desk.job(), desk.nowMs).peers.map((peer) => peer.isMeasuring);
  expect(isMeasuring()).toEqual([true]);
  desk.apply({ type: 'build-measured', job: 'j', peer: 'a', digest: 'd', encoder: 'E' });
  expect(isMeasuring()).toEqual([false]);
});
