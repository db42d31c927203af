import { cp, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { PROTOCOL_VERSION } from '../../src/protocol/messages.ts';
import { startCli } from './cli-process.ts';
import { DaemonProcess } from './daemon-process.ts';
import { makeFolder } from './one-machine.ts';

const NEXT_PROTOCOL = {
  NODE_OPTIONS: `--import=${new URL('../fixtures/next-protocol.ts', import.meta.url).href}`,
};

describe('daemons that do not fit together say so on both machines, and what to do', () => {
  let folder: Awaited<ReturnType<typeof makeFolder>>;
  const running = new Map<string, ReturnType<typeof startCli>>();

  beforeEach(async () => {
    folder = await makeFolder();
  });
  afterEach(async () => {
    for (const name of [...running.keys()]) await stop(name);
    await folder.remove();
  });

  test('two releases whose protocols differ: both versions are named', async () => {
    const desk = await start('desk');
    const attic = await start('attic', ['--peer', await addressOf(desk)], NEXT_PROTOCOL);
    const theirs = /\(protocol 99\)/;
    const ours = new RegExp(`\\(protocol ${PROTOCOL_VERSION}\\)`);
    for (const daemon of [desk, attic]) {
      await daemon.untilStatus(({ peers }) => peers.some(({ state }) => state === 'refused'));
      const printed = await peersAsPrinted(daemon);
      for (const words of [theirs, ours, /vadeio-node \d+\.\d+/, /install the same version/]) {
        expect(printed).toMatch(words);
      }
    }
  });

  test('a copied state folder: neither works with the other until the copy has a key of its own', async () => {
    const desk = await start('desk');
    await stop('desk');
    await cp(desk.stateDirectory, stateOf('copy'), { recursive: true });
    await start('desk');
    const copy = await start('copy', ['--peer', await addressOf(desk)]);
    await copy.untilStatus(({ peers }) => peers.some(({ state }) => state === 'refused'));
    const printed = await peersAsPrinted(copy);
    expect(printed).toMatch(/identity.*copy/);
    expect(printed).toMatch(/Delete identity\.key in the copy/);
    expect(printed).toContain(join(copy.stateDirectory, 'identity.key'));
    for (const daemon of [desk, copy]) expect(await peersAsPrinted(daemon)).not.toMatch(/alive/);
    await stop('copy');
    await rm(join(copy.stateDirectory, 'identity.key'));
    await start('copy', ['--peer', await addressOf(desk)]);
    await desk.untilPeer('copy', (peer) => peer?.state === 'alive');
    expect((await copy.status()).peers.map(({ state }) => state)).toEqual(['alive']);
  });

  test('another swarm: who named its address reads why, and nobody works for it', async () => {
    const desk = await start('desk', ['--swarm', 'one']);
    const attic = await start('attic', ['--swarm', 'two', '--peer', await addressOf(desk)]);
    await attic.untilStatus(({ peers }) => peers.some(({ state }) => state === 'refused'));
    const printed = await peersAsPrinted(attic);
    expect(printed).toContain(`\n${await addressOf(desk)}`);
    expect(printed).toMatch(/the swarm "one".*"two".*same --swarm/);
    expect((await desk.status()).peers).toEqual([]);
  });

  function stateOf(name: string): string {
    return join(folder.path, name);
  }

  async function start(
    name: string,
    flags: readonly string[] = [],
    env: Readonly<Record<string, string>> = {},
  ): Promise<DaemonProcess> {
    const daemon = new DaemonProcess(name, stateOf(name));
    const run = startCli(['up', '--name', name, '--slots', '1', ...flags], daemon.stateDirectory, env);
    running.set(name, run);
    await daemon.untilAnswering(run);
    return daemon;
  }

  async function stop(name: string): Promise<void> {
    running.get(name)?.kill('SIGTERM');
    await running.get(name);
    running.delete(name);
  }
});

async function addressOf(daemon: DaemonProcess): Promise<string> {
  return (await daemon.status()).addresses[0] ?? '';
}

async function peersAsPrinted(daemon: DaemonProcess): Promise<string> {
  return String((await startCli(['peers'], daemon.stateDirectory)).stdout);
}
