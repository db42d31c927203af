import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { serveControl } from '../../node/control/server.ts';
import type { Daemon, DaemonOptions } from '../../node/daemon/daemon-api.ts';
import { verifyFiles } from '../../node/engine/verify-files.ts';
import type { IntakeView, JobView } from '../../src/protocol/control-api.ts';
import { makeSource } from '../sources/make-source.ts';
import { processesNaming, startCli, until, untilGone } from './cli-process.ts';
import { holdEncoders, releaseEncoders } from './hold-encoders.ts';
import { FAST, makeFolder, startLoneDaemon, untilOver } from './one-machine.ts';

describe('a machine that takes no work', () => {
  let folder: Awaited<ReturnType<typeof makeFolder>>;
  let film: string;
  let tests = 0;
  const daemons: Daemon[] = [];

  beforeAll(async () => {
    folder = await makeFolder();
    film = (await makeSource('h264-single-shot-mkv', folder.path)).path;
  });
  beforeEach(() => {
    tests += 1;
  });
  afterEach(async () => {
    for (const daemon of daemons.splice(0).reverse()) await daemon.shutDown('the test is over');
  });
  afterAll(() => folder.remove());

  test('pause --now hands back what runs, and the other machine encodes it', async () => {
    const { desk, shelf } = await startTwo();
    const id = await submitHeld(desk);
    const onShelf = await encodersOf('shelf');
    expect(onShelf).not.toEqual([]);
    const view = await shelf.pauseNow();
    expect(view).toMatchObject({ intake: 'emptying', wish: 'pause-now' });
    // They are held, so only a kill ends them; their chunks go to the other machine.
    await untilGone(onShelf);
    await until(async () => (await shelf.status()).work.attempts === 0);
    await release();
    const job = await untilOver(desk, id);
    expect(job.summary?.peers.map(({ name, chunksDone }) => [name, chunksDone > 0])).toContainEqual([
      'desk',
      true,
    ]);
    expect(job.progress.retryCount).toBeGreaterThan(0);
    await expectWhole(job);
  });

  test('a paused leader’s own job is encoded by the others', async () => {
    const { desk } = await startTwo();
    await desk.pause();
    const job = await untilOver(desk, await submit(desk));
    const done = job.summary?.peers.filter(({ chunksDone }) => chunksDone > 0).map(({ name }) => name);
    expect(done).toEqual(['shelf']);
    await expectWhole(job);
  });

  test('pause finishes what runs; resume takes work again', async () => {
    const desk = await start('desk');
    const id = await submitHeld(desk);
    expect(await desk.pause()).toMatchObject({ intake: 'closed' });
    await until(async () => (await desk.status()).work.attempts === 1);
    expect((await desk.status()).slotsRunning).toBe(1);
    await release();
    await until(async () => (await desk.status()).work.attempts === 0);
    expect((await desk.job(id)).progress.chunksCommitted).toBeLessThan(5);
    expect(await desk.resume()).toMatchObject({ intake: 'open', reasons: [] });
    await expectWhole(await untilOver(desk, id));
  });

  test('drain waits until nothing is left, says so, and takes no more until resumed', async () => {
    const desk = await start('desk');
    const server = await serveControl(desk, join(stateOf('desk'), 'control.sock'));
    const id = await submitHeld(desk);
    const draining = startCli(['drain', '--json'], stateOf('desk'));
    await until(async () => (await desk.status()).work.wish === 'drain');
    await release();
    const { exitCode, stdout } = await draining;
    expect(exitCode).toBe(0);
    expect(JSON.parse(String(stdout)) as IntakeView).toMatchObject({ wish: 'drain', attempts: 0 });
    expect((await desk.job(id)).phase).toBe('encoding');
    await startCli(['resume'], stateOf('desk'));
    await expectWhole(await untilOver(desk, id));
    await server.close();
  });

  test('a pause outlives the daemon, a drain does not', async () => {
    await (await start('desk')).pause();
    await restart();
    expect((await daemons[0]?.status())?.work).toMatchObject({ intake: 'closed', wish: 'pause' });
    await daemons[0]?.drain();
    await restart();
    expect((await daemons[0]?.status())?.work).toMatchObject({ intake: 'open', wish: 'work' });
  });

  /** A new one for each test: a pause outlives its daemon, and results their jobs. */
  function stateOf(name: string): string {
    return join(folder.path, `${name}-${tests}`);
  }

  async function restart(): Promise<void> {
    await daemons.pop()?.shutDown('it is started again');
    await start('desk');
  }

  async function start(name: string, change: Partial<DaemonOptions> = {}): Promise<Daemon> {
    const daemon = await startLoneDaemon(stateOf(name), { name, slots: 1, ...change });
    daemons.push(daemon);
    return daemon;
  }

  async function startTwo(): Promise<{ desk: Daemon; shelf: Daemon }> {
    const desk = await start('desk');
    const { addresses } = await desk.status();
    const shelf = await start('shelf', { peers: addresses.slice(0, 1) });
    await until(async () => (await desk.peers()).length === 1);
    return { desk, shelf };
  }

  async function submit(daemon: Daemon): Promise<string> {
    const output = join(folder.path, `out-${tests}.mkv`);
    const options = { ...FAST, preset: 8, maxSceneSeconds: 1 };
    return (await daemon.submit({ input: film, output, options })).job.id;
  }

  /** Submits to `daemon`, and holds every daemon's encoders once one has begun a chunk on each. */
  async function submitHeld(daemon: Daemon): Promise<string> {
    for (const state of states()) await holdEncoders(state);
    const id = await submit(daemon);
    await until(async () => {
      const { progress } = await daemon.job(id);
      return progress.peers.filter(({ running }) => running > 0).length === daemons.length;
    });
    return id;
  }

  async function release(): Promise<void> {
    for (const state of states()) await releaseEncoders(state);
  }

  function states(): string[] {
    return daemons.map((_, i) => stateOf(i === 0 ? 'desk' : 'shelf'));
  }

  async function encodersOf(name: string): Promise<number[]> {
    const lines = await processesNaming(join(stateOf(name), 'work'));
    return lines.filter((line) => line.includes(' encode ')).map((line) => Number.parseInt(line, 10));
  }

  async function expectWhole(job: JobView): Promise<void> {
    expect([job.phase, job.error]).toEqual(['done', null]);
    const report = await verifyFiles(film, job.output, () => undefined);
    expect(report).toMatchObject({ isEqual: true, outputFrameCount: 150 });
  }
});
