import { describe, expect, test } from 'vitest';
import { attempt, end, found, give, join, leave, reportOf, run, told } from './hand-made.ts';

const twoMachines = [run(), join(0, 'desk'), join(0, 'laptop')].flat();

test('a job in which no slot ever waits is perfect, and nothing cost time', () => {
  const report = reportOf(
    ...twoMachines,
    found(0, 0, 0, 0),
    attempt(0, 'desk', 0, 10),
    attempt(1, 'laptop', 0, 10),
    attempt(2, 'desk', 10, 20),
    attempt(3, 'laptop', 10, 20),
    end(20),
  );
  expect(report).toMatchObject({ makespanSeconds: 20, boundSeconds: 20, efficiency: 1, losses: [] });
  expect(report.timeUse).toMatchObject({ useful: 20, wasted: 0 });
});

test('a machine of half the speed is measured, and its slot counts half', () => {
  const report = reportOf(
    ...twoMachines,
    found(0, 0, 0),
    attempt(0, 'desk', 0, 10),
    attempt(1, 'laptop', 0, 20),
    attempt(2, 'desk', 10, 20),
    end(24),
  );
  expect(report.peers.map(({ name, speed }) => [name, speed])).toEqual([
    ['desk', 10],
    ['laptop', 5],
  ]);
  // The end cost four seconds that no schedule is told of: nothing says that the file was being ended.
  expect(report).toMatchObject({ boundSeconds: 20 });
  expect(told(report)).toEqual(['the last results were proven and the end of the file was written: 4.0']);
});

describe('what cost time', () => {
  test('the tail: one slot has nothing left to do', () => {
    const report = reportOf(
      ...twoMachines,
      found(0, 0, 0),
      attempt(0, 'desk', 0, 10),
      attempt(1, 'laptop', 0, 10),
      attempt(2, 'desk', 10, 20),
      end(20),
    );
    expect(report.efficiency).toBe(0.75);
    expect(told(report)).toEqual(['slots had nothing left to do while others encoded the last chunks: 5.0']);
  });

  test('a scan that is slower than the encoders, which the bound knows of', () => {
    const report = reportOf(
      ...twoMachines,
      found(2, 2, 16),
      attempt(0, 'desk', 2, 12),
      attempt(1, 'laptop', 2, 12),
      attempt(2, 'desk', 16, 26),
      end(26),
    );
    expect(report).toMatchObject({ boundSeconds: 26, efficiency: 1 });
    expect(told(report)).toEqual([
      'slots had nothing left to do while others encoded the last chunks: 5.0',
      'slots waited for the scan, which was slower than the encoders: 4.0',
      'slots waited until the first chunk was found: 2.0',
    ]);
  });

  test('slices that come late, chunks that nobody takes, machines that get ready', () => {
    const report = reportOf(
      run(),
      join(0, 'desk'),
      found(0, 0, 0),
      attempt(0, 'desk', 3, 13, { grantedMs: 1000 }),
      attempt(1, 'desk', 17, 27, { grantedMs: 13_000 }),
      attempt(2, 'desk', 29, 39),
      end(39),
    );
    expect(told(report)).toEqual([
      'slots waited for slices and their first frames: 4.0',
      'machines measured their encoders, and got and decoded their first slices: 3.0',
      'slots stood idle although chunks waited: 2.0',
    ]);
  });

  test('a machine that leaves: what it had half encoded, and what it would have done until it is back', () => {
    const report = reportOf(
      ...twoMachines,
      found(0, 0, 0, 0, 0),
      attempt(0, 'desk', 0, 10),
      attempt(1, 'laptop', 0, 10),
      leave(14, 'laptop'),
      attempt(3, 'laptop', 10, 14, {
        attempt: 13,
        outcome: 'left',
        words: 'The peer left.',
        framesEncoded: 40,
      }),
      attempt(2, 'desk', 10, 20),
      join(20, 'laptop'),
      attempt(3, 'desk', 20, 30),
      attempt(4, 'laptop', 20, 30),
      end(30),
    );
    // Two of four seconds are lost where two slots work; of six seconds alone it would have taken three.
    expect(told(report)).toEqual([
      'laptop left at 21:40:14 and was back at 21:40:20, 1 chunk half encoded: 5.0',
    ]);
    expect(report.wastedShare).toBeCloseTo(2 / 27);
    expect(report.peers[1]?.steps.map(({ state }) => state)).toEqual([
      ...['new', 'working', 'away', 'new', 'working', 'over'],
    ]);
  });

  test('a machine that is paused finishes what it has, and takes no more', () => {
    const report = reportOf(
      ...twoMachines,
      found(0, 0, 0, 0),
      give(5, 'laptop', 0),
      attempt(0, 'desk', 0, 10),
      attempt(1, 'laptop', 0, 10),
      attempt(2, 'desk', 10, 20),
      attempt(3, 'desk', 20, 30),
      end(30),
    );
    expect(report.efficiency).toBe(1);
    expect(report.losses).toMatchObject([{ kind: 'paused', atSeconds: 5 }]);
    expect(report.timeUse.useful).toBeCloseTo(30);
    expect(told(report)[0]).toMatch(/^laptop took no work from 21:40:05 on: 1/);
  });

  test('failures by machine and reason, and backups that came too late', () => {
    const report = reportOf(
      ...twoMachines,
      found(0, 0),
      attempt(1, 'laptop', 0, 4, { attempt: 11, outcome: 'encoder', words: 'It ran out of memory.' }),
      attempt(1, 'laptop', 4, 10, { attempt: 12, outcome: 'encoder', words: 'It ran out of memory.' }),
      attempt(0, 'desk', 0, 10),
      attempt(1, 'laptop', 10, 20),
      attempt(1, 'desk', 14, 20, {
        attempt: 13,
        outcome: 'beaten',
        isBackup: true,
        words: 'Another was first.',
      }),
      end(20),
    );
    expect(told(report)).toEqual([
      '2 attempts on laptop failed (encoder: It ran out of memory): 5.0',
      '1 backup on desk came too late: 3.0',
      'slots had nothing left to do while others encoded the last chunks: 2.0',
    ]);
  });
});

test('a job that was killed and resumed has one report, without the time that nobody led it', () => {
  const report = reportOf(
    run(),
    join(0, 'desk'),
    found(0, 0, 0),
    attempt(0, 'desk', 0, 10),
    { type: 'attempt-started', ms: 10_000, attempt: 1, chunk: 1, peer: 'desk' },
    { type: 'peer-joined', ms: 14_000, peer: 'tv', name: 'tv' },
    // Twelve minutes after the job began; its axis goes on at 14 s.
    run(720),
    join(0, 'desk'),
    attempt(1, 'desk', 0, 10, { attempt: 21 }),
    attempt(2, 'desk', 10, 20, { attempt: 22 }),
    end(20),
  );
  expect(report.makespanSeconds).toBe(34);
  expect(report.runs).toMatchObject([
    { fromSeconds: 0, untilSeconds: 14, awaySeconds: 0, end: null },
    { fromSeconds: 14, untilSeconds: 34, awaySeconds: 706, end: 'done' },
  ]);
  expect(told(report)).toEqual([
    'nobody led the job from 21:40:13, when it ended without a word, to 21:52:00: 706.0',
    'what was half encoded at 21:40:13 was encoded again: 4.0',
  ]);
  expect(report.attempts.map(({ attempt, outcome }) => [attempt, outcome])).toEqual([
    ...[
      [0, 'kept'],
      [1, 'interrupted'],
      [21, 'kept'],
      [22, 'kept'],
    ],
  ]);
  expect(report.manifest.map(({ chunk, attempt }) => [chunk, attempt])).toEqual([
    [0, 0],
    [1, 21],
    [2, 22],
  ]);
});

test('the manifest names maker and build of every chunk, or that it lay in the cache', () => {
  const report = reportOf(
    ...twoMachines,
    found(0, 0),
    { type: 'chunk-reused', ms: 0, chunk: 0, bytes: 777 },
    attempt(1, 'laptop', 0, 10),
    end(10),
  );
  expect(report.manifest).toMatchObject([
    { chunk: 0, madeBy: 'cache', bytes: 777, peer: null, build: null },
    { chunk: 1, madeBy: 'peer', bytes: 1000, peer: 'laptop', build: 'build of laptop', encoder: 'SVT-AV1' },
  ]);
  expect(report.bytes).toEqual({ sentSlices: 3000, fetchedResults: 1000 });
});

test('E is given of jobs that are done and encoded something', () => {
  const cached = reportOf(
    run(),
    join(0, 'desk'),
    found(0),
    { type: 'chunk-reused', ms: 0, chunk: 0, bytes: 1 },
    end(3),
  );
  expect(cached).toMatchObject({ efficiency: null, boundSeconds: null, makespanSeconds: 3 });
  expect(reportOf(run(), end(0))).toMatchObject({ efficiency: null, makespanSeconds: 0, manifest: [] });
});
