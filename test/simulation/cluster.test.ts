import { describe, expect, test } from 'vitest';
import { UNSTARTED_MS } from '../../src/schedule/limits.ts';
import { runCluster } from './cluster.ts';
import { faultyWorld } from './faulty-world.ts';
import { type HostFacts, settingsOf, type World } from './world.ts';

const CHECKED = { isChecked: true, trace: 'none' } as const;
const BATCHES = 20;
const SEEDS_A_BATCH = 50;

describe('1,000 swarms with every kind of trouble keep every invariant after every event', () => {
  const batches = Array.from({ length: BATCHES }, (_, batch) => 1 + batch * SEEDS_A_BATCH);
  test.each(batches)(
    'seeds from %i',
    (first) => {
      for (let seed = first; seed < first + SEEDS_A_BATCH; seed += 1) {
        const world = faultyWorld(seed);
        expect(runCluster(world, CHECKED).endings.size).toBe(world.jobs.length);
      }
    },
    120_000,
  );
});

test('among these swarms chunks are stolen, with the slice straight from the victim and without', () => {
  const outcomes = Array.from({ length: 40 }, (_, seed) =>
    runCluster(faultyWorld(1 + seed), { isChecked: false, trace: 'none' }),
  );
  const yielded = outcomes.reduce((sum, { yieldedCount }) => sum + yieldedCount, 0);
  const direct = outcomes.reduce((sum, { directCount }) => sum + directCount, 0);
  expect(direct).toBeGreaterThan(0);
  expect(yielded).toBeGreaterThan(direct);
});

test('the same seed gives the same trace, another one another', () => {
  for (let seed = 2_000; seed < 2_020; seed += 1) {
    const run = (of: number) => runCluster(faultyWorld(of), { isChecked: false, trace: 'hash' }).traceHash;
    expect(run(seed)).toBe(run(seed));
    expect(run(seed)).not.toBe(run(seed + 1));
  }
}, 60_000);

const HOST: HostFacts = {
  id: '',
  slots: 2,
  memoryBudgetBytes: 1e12,
  speed: 0.02,
  uplinkBytesPerMs: 125_000,
  build: 'common',
  failing: 0,
  lying: 0,
  hanging: 0,
};

/** Hosts `h0`… as told, `h0` leading a job of equal chunks of 100 frames, five seconds each on the usual host. */
function plainWorld(
  hosts: readonly Partial<HostFacts>[],
  chunkCount: number,
  faults: World['faults'] = [],
): World {
  const chunks = Array.from({ length: chunkCount }, (_, number) => ({
    number,
    startFrame: number * 100,
    endFrame: number * 100 + 100,
    complexity: 0,
    variant: null,
    work: 100,
    neededLeadIn: 0,
    isPoison: false,
    isDeadly: false,
    probes: 0,
    spoiled: 0,
    isMovedOn: false,
    sliceBytes: 1_000_000,
    resultBytes: 300_000,
  }));
  return {
    seed: 1,
    hosts: hosts.map((host, index) => ({ ...HOST, id: `h${index}`, ...host })),
    jobs: [
      {
        id: 'j',
        leader: 'h0',
        submittedMs: 0,
        scanFramesPerMs: 10,
        settings: settingsOf(1280, 720),
        variants: [],
        isLocal: false,
        chunks,
      },
    ],
    faults,
    latencyMs: 1,
    transferLoss: 0,
    duplication: 0,
    progressMs: 500,
  };
}

/** `attempt-started` and the like by host, from the trace. */
function encodesBy(lines: readonly string[], host: string): number {
  return lines.filter((line) => line.includes(` ${host} works {"type":"encode-started"`)).length;
}

describe('a swarm', () => {
  const TRACED = { isChecked: true, trace: 'lines' } as const;

  test('of one machine encodes a job alone, every chunk once', () => {
    const outcome = runCluster(plainWorld([{}], 10), TRACED);
    expect(outcome.endings.get('j')).toBeNull();
    expect(outcome.encodesStarted).toBe(10);
  });

  test('uses every machine', () => {
    const { traceLines, encodesStarted } = runCluster(plainWorld([{}, {}, {}], 30), TRACED);
    for (const host of ['h0', 'h1', 'h2']) expect(encodesBy(traceLines, host)).toBeGreaterThan(5);
    expect(encodesStarted).toBe(30);
  });

  test('takes in a machine that starts in the middle of a job', () => {
    const world = plainWorld([{}, {}], 30, [{ kind: 'join', atMs: 30_000, host: 'h1' }]);
    expect(encodesBy(runCluster(world, TRACED).traceLines, 'h1')).toBeGreaterThan(5);
  });

  test('loses no work with a machine that leaves in good order', () => {
    const world = plainWorld([{}, {}], 30, [{ kind: 'leave', atMs: 12_000, host: 'h1', backAfterMs: null }]);
    const outcome = runCluster(world, TRACED);
    expect(outcome.encodesStarted).toBe(30);
    expect(encodesBy(outcome.traceLines, 'h1')).toBeGreaterThan(1);
  });

  test('does again only what ran on a machine that lost its power', () => {
    const world = plainWorld([{}, {}], 30, [{ kind: 'crash', atMs: 12_000, host: 'h1', backAfterMs: null }]);
    const outcome = runCluster(world, TRACED);
    expect(outcome.endings.get('j')).toBeNull();
    expect(outcome.encodesStarted).toBeLessThanOrEqual(30 + 2);
  });

  test('continues after its leader crashed, and encodes nothing again that was committed', () => {
    const world = plainWorld([{}, {}], 30, [{ kind: 'crash', atMs: 22_000, host: 'h0', backAfterMs: 3_000 }]);
    const { endings, encodesStarted, workDone, workCommitted } = runCluster(world, TRACED);
    expect(endings.get('j')).toBeNull();
    expect(encodesStarted).toBeLessThanOrEqual(30 + 4 + 4);
    expect(workDone - workCommitted).toBeLessThanOrEqual(8 * 100);
  });

  test('gives a machine whose encoder always fails little to spoil, and ends well', () => {
    const { traceLines, endings } = runCluster(plainWorld([{}, { failing: 1 }], 40), TRACED);
    expect(endings.get('j')).toBeNull();
    expect(encodesBy(traceLines, 'h1')).toBeLessThanOrEqual(6);
  });

  test('commits nothing of a machine that lies, and stops asking it', () => {
    const { traceLines, endings } = runCluster(plainWorld([{}, { lying: 1 }], 40), TRACED);
    expect(endings.get('j')).toBeNull();
    expect(encodesBy(traceLines, 'h1')).toBeLessThanOrEqual(8);
  });

  test('changes the quality of chunks that the encoder spoils everywhere, and blames nobody but who lies', () => {
    const world = plainWorld([{}, {}, { lying: 1 }], 40);
    const jobs = world.jobs.map((job) => ({
      ...job,
      chunks: job.chunks.map((chunk) => ({ ...chunk, spoiled: chunk.number % 8 === 0 ? 2 : 0 })),
    }));
    const { traceLines, endings } = runCluster({ ...world, jobs }, TRACED);
    expect(endings.get('j')).toBeNull();
    expect(traceLines.filter((line) => line.includes('"type":"result-spoiled"')).length).toBe(10);
    expect(encodesBy(traceLines, 'h2')).toBeLessThanOrEqual(8);
    expect(encodesBy(traceLines, 'h1')).toBeGreaterThan(15);
  });

  test('does not wait for a machine that lives and says nothing of what it takes', () => {
    const mute = { kind: 'mute', atMs: 0, host: 'h1', forMs: null } as const;
    const { endings, makespanMs } = runCluster(plainWorld([{}, { slots: 4 }], 10, [mute]), TRACED);
    expect(endings.get('j')).toBeNull();
    // Ten chunks of five seconds on two slots, and 10 s for each silence in turn at the worst.
    expect(makespanMs.get('j')).toBeLessThan(70_000);
  });

  test('nor longer than leases may wait where nobody else could take it, and says what is wrong', () => {
    const mute = { kind: 'mute', atMs: 0, host: 'h1', forMs: null } as const;
    const { endings, virtualMs } = runCluster(plainWorld([{ slots: 0 }, {}], 10, [mute]), TRACED);
    expect(endings.get('j')).toMatch(/h1: .*the peer said nothing of it/);
    expect(virtualMs).toBeLessThan(2 * UNSTARTED_MS);
  });

  test('gets back at once what a machine encodes that is paused', () => {
    const pause = { kind: 'pause', atMs: 3_000, host: 'h1', isNow: true, forMs: 1e9 } as const;
    const { endings, spans } = runCluster(plainWorld([{}, {}], 10, [pause]), TRACED);
    expect(endings.get('j')).toBeNull();
    const paused = spans.filter(({ host }) => host === 'h1');
    expect(paused.map(({ end }) => end)).toContain('stopped');
    for (const { startMs, endMs } of paused) {
      expect(startMs).toBeLessThan(3_000);
      expect(endMs).toBeLessThan(3_500);
    }
  });

  test('expires no lease for a sleep of its leader', () => {
    const sleep = { kind: 'sleep', atMs: 3_000, host: 'h0', forMs: 14_000 } as const;
    const { endings, spans } = runCluster(plainWorld([{ slots: 0 }, {}], 10, [sleep]), TRACED);
    expect(endings.get('j')).toBeNull();
    expect(spans.map(({ end }) => end)).toEqual(Array(10).fill('encoded'));
  });

  test('gets over an encoder that hangs', () => {
    const { endings } = runCluster(plainWorld([{}, { hanging: 1, slots: 1 }], 10), TRACED);
    expect(endings.get('j')).toBeNull();
  });

  test('of two leaders shares a third machine between them', () => {
    const world = plainWorld([{}, { slots: 4 }, {}], 30);
    const [job] = world.jobs;
    if (job === undefined) throw new Error('There is no job.');
    const jobs = [job, { ...job, id: 'k', leader: 'h2' }];
    const { traceLines, makespanMs } = runCluster({ ...world, jobs }, TRACED);
    const started = traceLines.filter((line) => line.includes(' h1 works {"type":"encode-started"'));
    const forFirst = started.filter((line) => line.includes('"leader":"h0"')).length;
    expect(forFirst / started.length).toBeGreaterThan(0.35);
    expect(forFirst / started.length).toBeLessThan(0.65);
    expect((makespanMs.get('j') ?? 0) / (makespanMs.get('k') ?? 1)).toBeCloseTo(1, 0);
  });

  test.each([1, 3])('of two leaders shares a third machine of %i slots by time, not by chunks', (slots) => {
    const world = plainWorld([{ slots: 0 }, { slots }, { slots: 0 }], 60);
    const [job] = world.jobs;
    if (job === undefined) throw new Error('There is no job.');
    const long = job.chunks.slice(0, 20).map((chunk, number) => {
      const startFrame = 400 * number;
      return { ...chunk, startFrame, endFrame: startFrame + 400, work: 400 };
    });
    const jobs = [job, { ...job, id: 'k', leader: 'h2', chunks: long }];
    const { spans, makespanMs } = runCluster({ ...world, jobs }, TRACED);
    const untilMs = Math.min(...makespanMs.values());
    const workMs = { j: 0, k: 0 };
    for (const { endMs, host, job: of, startMs } of spans) {
      if (host === 'h1') workMs[of as 'j' | 'k'] += Math.max(0, Math.min(untilMs, endMs) - startMs);
    }
    expect(workMs.j / (workMs.j + workMs.k)).toBeGreaterThan(0.42);
    expect(workMs.j / (workMs.j + workMs.k)).toBeLessThan(0.58);
  });

  test('that loses its machines all the time blames no chunk for it that takes longer than any of them stays', () => {
    const hosts = [{ slots: 0 }, { slots: 1 }, { slots: 1 }, { slots: 1 }];
    const crashes = [1, 2, 3].flatMap((host) =>
      Array.from({ length: 20 }, (_, time) => ({
        kind: 'crash' as const,
        atMs: 8_000 * host + 25_000 * time,
        host: `h${host}`,
        backAfterMs: 2_000,
      })),
    );
    const world = plainWorld(hosts, 200, crashes);
    const [job] = world.jobs;
    if (job === undefined) throw new Error('There is no job.');
    // No machine stays for as long as this one takes, until they all do.
    const chunks = job.chunks.map((chunk) => (chunk.number === 3 ? { ...chunk, work: 1_000 } : chunk));
    const outcome = runCluster({ ...world, jobs: [{ ...job, chunks }] }, TRACED);
    expect(outcome.endings.get('j')).toBeNull();
  });

  test('keeps the rest when one chunk is poison, and says whose words it was', () => {
    const world = plainWorld([{}, {}, {}], 20);
    const [job] = world.jobs;
    if (job === undefined) throw new Error('There is no job.');
    const chunks = job.chunks.map((chunk) => ({ ...chunk, isPoison: chunk.number === 7 }));
    const outcome = runCluster({ ...world, jobs: [{ ...job, chunks }] }, TRACED);
    expect(outcome.endings.get('j')).toMatch(/Chunk 7 .*Svt\[error\]/);
    expect(outcome.workCommitted).toBe(19 * 100);
  });
});
