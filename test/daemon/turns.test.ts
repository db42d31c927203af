import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Daemon } from '../../node/daemon/daemon-api.ts';
import { ScanTurn } from '../../node/daemon/scan-turn.ts';
import { MAX_ANNOUNCED_JOBS } from '../../src/protocol/limits.ts';
import { makeSource } from '../sources/make-source.ts';
import { until } from './cli-process.ts';
import { FAST, makeFolder, startLoneDaemon, untilOver } from './one-machine.ts';

test('scans go one by one, the most urgent first, and one that fails keeps nobody waiting', async () => {
  const turn = new ScanTurn();
  const begun: string[] = [];
  let fail: (error: Error) => void = () => undefined;
  const running = new Promise<void>((_, reject) => {
    fail = reject;
  });
  const first = turn.take(job(0), () => running);
  const late = job(-1);
  const scan = (name: string) => async () => void begun.push(name);
  const others = [
    turn.take(job(0), scan('normal')),
    turn.take(job(1), scan('high')),
    turn.take(late, scan('raised')),
  ];
  late.priority = 2;
  expect(begun).toEqual([]);
  fail(new Error('the scan failed'));
  await expect(first).rejects.toThrow('the scan failed');
  await Promise.all(others);
  expect(begun).toEqual(['raised', 'high', 'normal']);
});

test('a few jobs are scanned before they are encoded, however many wait; a more urgent one does not wait', async () => {
  const turn = new ScanTurn();
  const begun: string[] = [];
  const over = new Map<string, () => void>();
  const submit = (name: string, priority = 0, framesScanned = 300_000) => {
    const ended = new Promise<void>((resolve) => over.set(name, resolve));
    const one = { priority, framesScanned, ended };
    void turn.take(one, async () => void begun.push(name));
    return one;
  };
  for (let film = 0; film < 8; film += 1) submit(`film ${film}`);
  const settled = () => new Promise((resolve) => setTimeout(resolve));
  await settled();
  expect(begun).toEqual(['film 0', 'film 1', 'film 2', 'film 3']);
  submit('urgent', 1);
  await settled();
  expect(begun.splice(0)).toContain('urgent');
  over.get('film 1')?.();
  await settled();
  expect(begun).toEqual([]);
  over.get('urgent')?.();
  await settled();
  expect(begun.splice(0)).toEqual(['film 4']);
  const raised = submit('raised', -1);
  await settled();
  expect(begun).toEqual([]);
  raised.priority = 2;
  turn.pass();
  await settled();
  expect(begun).toEqual(['raised']);
});

test('clips that are short are scanned as far ahead as their frames allow', async () => {
  const turn = new ScanTurn();
  const begun: number[] = [];
  for (let clip = 0; clip < 50; clip += 1) {
    void turn.take(job(0, 30_000), async () => void begun.push(clip));
  }
  await new Promise((resolve) => setTimeout(resolve));
  expect(begun).toHaveLength(34);
});

test('of clips however short no more are scanned ahead than peers may be told of, and urgent ones still find room', async () => {
  const turn = new ScanTurn();
  const begun: string[] = [];
  const submit = (priority: number, name: string) =>
    void turn.take(job(priority, 1), async () => void begun.push(name));
  for (let clip = 0; clip < 1_000; clip += 1) submit(0, 'clip');
  const settled = () => new Promise((resolve) => setTimeout(resolve));
  await settled();
  expect(begun).toHaveLength(MAX_ANNOUNCED_JOBS - 16);
  for (const priority of [1, 2]) {
    for (let clip = 0; clip < 100; clip += 1) submit(priority, 'urgent');
    await settled();
  }
  expect(begun.filter((name) => name === 'urgent')).toHaveLength(8);
  for (let priority = 3; priority < 100; priority += 1) {
    submit(priority, 'more urgent than any');
    await settled();
  }
  expect(begun).toHaveLength(MAX_ANNOUNCED_JOBS);
});

test('a job that is scanned again waits for none that peers may not be told of yet', async () => {
  const turn = new ScanTurn();
  const clips = Array.from({ length: MAX_ANNOUNCED_JOBS }, () => job(0, 1));
  for (const clip of clips) void turn.take(clip, async () => undefined);
  const settled = () => new Promise((resolve) => setTimeout(resolve));
  await settled();
  const begun: number[] = [];
  for (const place of [0, 1]) void turn.take(clips[place] ?? job(0), async () => void begun.push(place));
  await settled();
  expect(begun).toEqual([0, 1]);
});

/** A job that is not over for as long as a test lasts. */
function job(priority: number, framesScanned = 0) {
  return { priority, framesScanned, ended: new Promise<void>(() => undefined) };
}

describe('several jobs on one machine', () => {
  let folder: Awaited<ReturnType<typeof makeFolder>>;
  let daemon: Daemon;
  let input: string;

  beforeAll(async () => {
    folder = await makeFolder();
    daemon = await startLoneDaemon(join(folder.path, 'state'));
    input = (await makeSource('h264-single-shot-mkv', folder.path)).path;
  });
  afterAll(async () => {
    await daemon.shutDown('the tests are over');
    await folder.remove();
  });

  test('jobs submitted together are all done, each to its own output', async () => {
    const ids = await Promise.all([32, 33, 34].map((crf) => submit(`crf-${crf}.mkv`, crf)));
    const jobs = await Promise.all(ids.map((id) => untilOver(daemon, id)));
    expect(jobs.map(({ phase, summary }) => [phase, summary?.frameCount])).toEqual(
      Array.from({ length: 3 }, () => ['done', 150]),
    );
  });

  test('another job to the output of a running one is refused, with the words that help', async () => {
    const id = await submit('same.mkv', 35);
    await expect(submit('same.mkv', 36)).rejects.toThrow(/is writing .*same\.mkv already.*cancel/i);
    expect((await untilOver(daemon, id)).phase).toBe('done');
  });

  test('the priority of a job changes while it runs, outlives the daemon, and the next job is scanned meanwhile', async () => {
    const [first, second] = [await submit('first.mkv', 40), await submit('second.mkv', 41)];
    expect((await daemon.prioritise(second, 2)).priority).toBe(2);
    await until(async () => (await daemon.job(second)).progress.chunksFound > 0);
    expect((await daemon.job(first)).phase).not.toBe('done');
    await daemon.shutDown('it is started again');
    daemon = await startLoneDaemon(join(folder.path, 'state'));
    expect((await daemon.job(second)).priority).toBe(2);
    expect((await untilOver(daemon, second)).phase).toBe('done');
    expect((await untilOver(daemon, first)).phase).toBe('done');
    await expect(daemon.prioritise(first, 1)).rejects.toThrow(/is over/);
  });

  async function submit(name: string, crf: number): Promise<string> {
    const output = join(folder.path, name);
    return (await daemon.submit({ input, output, options: { ...FAST, crf } })).job.id;
  }
});
