import { copyFile, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import type { MeshOptions } from '../../node/mesh/swarm.ts';
import { type Host, type HostProcess, type Lab, labUnavailable, makeLab } from './hosts.ts';
import type { RunnerLine } from './mesh-runner.ts';

const RUNNER = fileURLToPath(new URL('mesh-runner.ts', import.meta.url));
const reason = labUnavailable();
if (reason !== null) console.log(`The lab is skipped: ${reason}`);

describe.skipIf(reason !== null)('hosts on a LAN', () => {
  let lab: Lab;
  let directory: string;
  const runners: Runner[] = [];

  beforeAll(async () => {
    lab = await makeLab(4);
  });
  afterAll(async () => {
    await lab.stop();
  });
  beforeEach(async () => {
    directory = await mkdtemp(join(tmpdir(), 'vadeio-lab-'));
  });
  afterEach(async () => {
    await Promise.all(runners.splice(0).map(({ process }) => process.kill()));
    await rm(directory, { recursive: true });
  });

  function start(index: number, options: Partial<MeshOptions> = {}): Runner {
    const host = lab.hosts[index] as Host;
    const files = {
      identityPath: join(directory, `key-${index}`),
      rememberedPath: join(directory, `peers-${index}.json`),
    };
    const runner = new Runner(host, { name: `h${index}`, ...files, ...options });
    runners.push(runner);
    return runner;
  }

  test('four meet by multicast: three at once, one later, and that one again when it was killed and restarts', async () => {
    const early = [start(0), start(1), start(2)];
    await untilMet(early);
    const late = start(3);
    await untilMet([...early, late]);
    report('met by mDNS after the later of two was up', meetingTimes(early));
    report('a late one met all others after it was up', [Math.max(...late.joins()) - (await late.up()).atMs]);
    for (const runner of [...early, late]) expect(runner.events('peer-joined')).toHaveLength(3);
    const killedMs = Date.now();
    await late.process.kill('SIGKILL');
    await until(() => early.every((runner) => runner.events('peer-left').length === 1));
    report(
      'left after SIGKILL',
      early.map((runner) => runner.last('peer-left') - killedMs),
    );
    const again = start(3);
    await untilMet([...early, again]);
    report('met again after a restart with the same key was up', [
      Math.max(...again.joins()) - (await again.up()).atMs,
    ]);
    expect((await again.up()).id).toBe((await late.up()).id);
  });

  test('without multicast they meet by address, and by remembered addresses the next time', async () => {
    const first = start(0, { mdns: false });
    await first.up();
    const second = start(1, { mdns: false, peers: [(lab.hosts[0] as Host).address] });
    await untilMet([first, second]);
    report('met by address after the later of two was up', meetingTimes([first, second]));
    await second.process.kill('SIGTERM');
    const again = start(1, { mdns: false });
    await untilMet([first, again]);
    expect(again.events('peer-joined')).toMatchObject([{ peer: { metBy: 'remembered' } }]);
    report('met by remembered address after it was up', [(again.joins()[0] ?? 0) - (await again.up()).atMs]);
  });

  test('a cable that is pulled for a moment costs no peer and no message; for long, it costs the peer', async () => {
    const pair = [start(0), start(1)] as const;
    await untilMet(pair);
    const host = lab.hosts[1] as Host;
    await host.link('down');
    for (let n = 0; n < 50; n += 1) for (const { process } of pair) process.child.stdin?.write(`${n}\n`);
    await until(() => pair.every((runner) => runner.events('peer-suspect').length === 1));
    await until(() => Date.now() - pair[0].last('peer-suspect') > 3000);
    await host.link('up');
    const returnedMs = Date.now();
    await until(() => pair.every((runner) => runner.events('message').length >= 50));
    report(
      'messages flowed after a cable came back that was out for 6 s',
      pair.map((runner) => runner.last('message') - returnedMs),
    );
    for (const runner of pair) {
      expect(runner.leases()).toEqual(Array.from({ length: 50 }, (_, n) => n));
      expect(runner.events('peer-away')).toEqual([]);
    }
    await host.link('down');
    await until(() => pair.every((runner) => runner.events('peer-away').length === 1));
    await host.link('up');
    const backMs = Date.now();
    await until(() => pair.every((runner) => runner.events('peer-back').length === 1));
    report(
      'met again after a cable came back that was out for long',
      pair.map((runner) => runner.last('peer-back') - backMs),
    );
  });

  test('a copied identity is found out, and told on both machines', async () => {
    const original = start(0);
    await original.up();
    await copyFile(join(directory, 'key-0'), join(directory, 'key-1'));
    const copy = start(1);
    await until(() => [original, copy].every((runner) => runner.events('peer-refused').length > 0));
    for (const runner of [original, copy]) {
      expect(runner.events('peer-refused')[0]).toMatchObject({
        reason: expect.stringMatching(/identity.*copy.*Delete/),
      });
      expect(runner.events('peer-joined')).toEqual([]);
    }
  });

  test('two swarms on one LAN stay apart', async () => {
    const red = [start(0, { swarm: 'red' }), start(1, { swarm: 'red' })];
    const blue = start(2, { swarm: 'blue' });
    await untilMet(red);
    await blue.up();
    await new Promise((resolve) => setTimeout(resolve, 2500));
    expect(blue.lines).toHaveLength(1);
    for (const runner of red) expect(runner.lines.map(({ type }) => type)).toEqual(['up', 'peer-joined']);
  });
});

/** A mesh runner in a host, and what it said. */
class Runner {
  readonly process: HostProcess;

  constructor(host: Host, options: Partial<MeshOptions>) {
    this.process = host.node(RUNNER, [JSON.stringify(options)]);
  }

  get lines(): RunnerLine[] {
    return this.process.lines.map((line) => JSON.parse(line));
  }

  events(type: RunnerLine['type']): RunnerLine[] {
    return this.lines.filter((line) => line.type === type);
  }

  async up(): Promise<RunnerLine & { readonly type: 'up' }> {
    for (;;) {
      const [line] = this.events('up');
      if (line?.type === 'up') return line;
      if (this.process.child.exitCode !== null) throw new Error(this.process.errors.join('\n'));
      await new Promise((resolve) => setTimeout(resolve, 10));
    }
  }

  joins(): number[] {
    return this.events('peer-joined').map(({ atMs }) => atMs);
  }

  leases(): number[] {
    return this.lines.flatMap((line) =>
      line.type === 'message' && line.message.type === 'room-offered' ? [line.message.leases] : [],
    );
  }

  /** When the last line of this type was said. */
  last(type: RunnerLine['type']): number {
    return this.events(type).at(-1)?.atMs ?? 0;
  }

  async knows(other: Runner): Promise<boolean> {
    const { id } = await other.up();
    return this.lines.some(
      (line) =>
        line.type === 'peer-joined' && line.peer.id === id && line.peer.instance !== '' && this.#isHere(id),
    );
  }

  #isHere(id: string): boolean {
    const turns = this.lines.filter(
      (line) =>
        (line.type === 'peer-joined' && line.peer.id === id) ||
        (line.type === 'peer-left' && line.peer === id),
    );
    return turns.at(-1)?.type === 'peer-joined';
  }
}

async function untilMet(runners: readonly Runner[]): Promise<void> {
  for (const runner of runners) {
    for (const other of runners)
      while (other !== runner && !(await runner.knows(other)))
        await new Promise((resolve) => setTimeout(resolve, 10));
  }
}

/** For each pair: from the moment the later one was up until both had joined, in milliseconds. */
function meetingTimes(runners: readonly Runner[]): number[] {
  return runners.flatMap((one, index) =>
    runners.slice(index + 1).map((other) => {
      const ups = [one, other].flatMap((runner) => runner.events('up'));
      const joined = [one, other].flatMap((runner) => {
        const ids = new Set(ups.flatMap((line) => (line.type === 'up' ? [line.id] : [])));
        return runner.lines.flatMap((line) =>
          line.type === 'peer-joined' && ids.has(line.peer.id) ? [line.atMs] : [],
        );
      });
      return Math.max(...joined) - Math.max(...ups.map(({ atMs }) => atMs));
    }),
  );
}

/** Measured and printed, not judged: this machine may be busy. */
function report(what: string, timesMs: readonly number[]): void {
  console.log(`lab: ${what}: ${timesMs.map((time) => `${time} ms`).join(', ')}`);
}

async function until(isSo: () => boolean): Promise<void> {
  while (!isSo()) await new Promise((resolve) => setTimeout(resolve, 10));
}
