import { mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { type AddressInfo, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { generateKeyPair } from '@libp2p/crypto/keys';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { PeerBook } from '../../node/daemon/peer-book.ts';
import { loadOrCreateIdentity } from '../../node/mesh/identity.ts';
import { loadRememberedPeers } from '../../node/mesh/remembered.ts';
import { DEFAULT_PORT } from '../../node/mesh/swarm.ts';
import { decidesFor } from '../../src/mesh/choose-session.ts';
import { HEARTBEAT_MS, IDLE_HEARTBEAT_MS } from '../../src/mesh/membership.ts';
import { MAX_REMEMBERED_ADDRESSES } from '../../src/protocol/limits.ts';
import { CONTROL_PROTOCOL, PROTOCOL_VERSION } from '../../src/protocol/messages.ts';
import { startNode, type TestNode, until, untilMet } from './mesh-fixture.ts';
import { dialRaw, HELLO, joinRaw } from './raw-peer.ts';
import { startRelay } from './relay.ts';

let directory: string;
const nodes: TestNode[] = [];
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'vadeio-swarm-'));
});
afterEach(async () => {
  vi.restoreAllMocks();
  await Promise.all(nodes.splice(0).map(({ mesh }) => mesh.stop()));
  await rm(directory, { recursive: true });
});

async function start(options: Parameters<typeof startNode>[0] = {}): Promise<TestNode> {
  const node = await startNode(options);
  nodes.push(node);
  return node;
}

/** Ports that were free a moment ago: fixed ones may be taken by whatever else runs here. */
async function freePorts(count: number): Promise<number[]> {
  const servers = Array.from({ length: count }, () => createServer());
  const ports: number[] = [];
  for (const server of servers) {
    await new Promise<void>((resolve) => server.listen({ host: '127.0.0.1', port: 0 }, resolve));
    ports.push((server.address() as AddressInfo).port);
  }
  for (const server of servers) await new Promise((resolve) => server.close(resolve));
  return ports;
}

const typesOf = (node: TestNode): string[] => node.events.map(({ type }) => type);

describe('meeting', () => {
  test('a named peer is met, and each end knows the other', async () => {
    const first = await start({ name: 'first', slots: 3, version: '1.2.3', instance: 'i-1' });
    const second = await start({ name: 'second', peers: first.mesh.addresses });
    await untilMet(first, second);
    expect(second.mesh.peers()).toEqual([
      {
        id: first.mesh.id,
        name: 'first',
        version: '1.2.3',
        instance: 'i-1',
        slots: 3,
        addresses: first.mesh.addresses,
        metBy: 'address',
      },
    ]);
    expect(first.mesh.peers()).toMatchObject([
      { id: second.mesh.id, addresses: second.mesh.addresses, metBy: 'inbound' },
    ]);
  });

  test('a peer that starts later is met, after one sentence about its absence', async () => {
    const key = await generateKeyPair('Ed25519');
    const [port = 0] = await freePorts(1);
    const waiting = await start({ peers: [`127.0.0.1:${port}`] });
    await until(() => waiting.events.length > 0);
    expect(waiting.events).toMatchObject([{ type: 'peer-unreachable', address: `127.0.0.1:${port}` }]);
    const late = await start({ privateKey: key, port });
    await untilMet(waiting, late);
    await until(() => typesOf(waiting).includes('trouble-over'));
    expect(typesOf(waiting)).toEqual(['peer-unreachable', 'peer-joined', 'trouble-over']);
  });

  test('two that name each other join once, and a swarm of four is complete', async () => {
    const ports = await freePorts(4);
    const peers = ports.map((port) => `127.0.0.1:${port}`);
    // Every list holds its own reader too.
    const four = await Promise.all(ports.map((port) => start({ port, peers })));
    await untilMet(...four);
    await new Promise((resolve) => setTimeout(resolve, 1500));
    for (const node of four) expect(typesOf(node)).toEqual(['peer-joined', 'peer-joined', 'peer-joined']);
  });

  test('a restarted peer leaves and joins', async () => {
    const privateKey = await generateKeyPair('Ed25519');
    const first = await start({ privateKey, instance: 'one' });
    const second = await start({ peers: first.mesh.addresses });
    await untilMet(first, second);
    await first.mesh.stop();
    await until(() => typesOf(second).includes('peer-left'));
    const again = await start({ privateKey, instance: 'two', port: first.mesh.port });
    await untilMet(again, second);
    expect(typesOf(second)).toEqual(['peer-joined', 'peer-left', 'peer-joined']);
    expect(second.events[1]).toMatchObject({ reason: 'test left: it was stopped' });
    expect(second.mesh.peers()).toMatchObject([{ instance: 'two' }]);
  });

  test('a daemon that is not ready greets nobody, and then whoever waited', async () => {
    const friend = await start({ name: 'friend' });
    let setReady: () => void = () => undefined;
    const whenReady = new Promise<void>((resolve) => {
      setReady = resolve;
    });
    const node = await startNode({ peers: friend.mesh.addresses }, whenReady);
    nodes.push(node);
    const early = await dialRaw(node.mesh.addresses[0] ?? '');
    await early.say(HELLO);
    // It was read, as this was answered.
    await early.connection.newStream(CONTROL_PROTOCOL);
    await early.connection.newStream(CONTROL_PROTOCOL);
    expect([...node.events, ...friend.events]).toEqual([]);
    setReady();
    await untilMet(node, friend);
    expect(await early.hear()).toMatchObject({ type: 'hello' });
    await early.stop();
  });

  test('a daemon that is stopping joins nobody', async () => {
    const node = await start();
    // What nobody takes holds the goodbye up.
    const relay = await startRelay(node.mesh.addresses[0] ?? '');
    const frozen = await joinRaw(relay.address);
    await until(() => node.events.length === 1);
    relay.cut();
    const fingerprints = new Uint8Array(48 * 1024);
    const unread = { type: 'frames-decoded', job: 'j', attempt: 1, firstFrame: 0, fingerprints } as const;
    const sends = Promise.allSettled(Array.from({ length: 100 }, () => node.mesh.send(frozen.id, unread)));
    let late = await dialRaw(node.mesh.addresses[0] ?? '');
    // The end that decides joins when it hears hello.
    while (!decidesFor(node.mesh.id, late.id)) {
      await late.stop();
      late = await dialRaw(node.mesh.addresses[0] ?? '');
    }
    const stopped = node.mesh.stop();
    await late.say(HELLO);
    await expect(late.hear()).rejects.toThrow();
    await stopped;
    await sends;
    await Promise.all([late.stop(), frozen.stop(), relay.stop()]);
  });

  test('remembered addresses are enough the next time', async () => {
    const privateKey = await generateKeyPair('Ed25519');
    const rememberedPath = join(directory, 'peers.json');
    const first = await start();
    const second = await start({ privateKey, rememberedPath, peers: first.mesh.addresses });
    await untilMet(first, second);
    await second.mesh.stop();
    const again = await start({ privateKey, rememberedPath });
    await untilMet(first, again);
    expect(again.mesh.peers()).toMatchObject([{ id: first.mesh.id, metBy: 'remembered' }]);
  });
});

describe('a connection that dies without a word', () => {
  test('is replaced: the peer stays, and no message is lost or doubled', async () => {
    const first = await start({ name: 'first' });
    const relay = await startRelay(first.mesh.addresses[0] ?? '');
    const second = await start({ name: 'second', peers: [relay.address] });
    await untilMet(first, second);
    const count = 300;
    for (let n = 0; n < count; n += 1) {
      if (n === 100) relay.cut();
      await second.mesh.send(first.mesh.id, { type: 'room-offered', leases: n });
      await first.mesh.send(second.mesh.id, { type: 'room-offered', leases: n });
    }
    const expected = Array.from({ length: count }, (_, n) => n);
    await until(() => leases(first).length >= count && leases(second).length >= count);
    expect(leases(first)).toEqual(expected);
    expect(leases(second)).toEqual(expected);
    for (const node of [first, second]) {
      expect(typesOf(node)).not.toContain('peer-left');
      expect(typesOf(node).filter((type) => type === 'peer-joined')).toHaveLength(1);
      expect(typesOf(node).slice(-1)).not.toContain('peer-suspect');
    }
    await relay.stop();
  });

  test('and is closed costs the peer until it is back, and no message', async () => {
    const first = await start({ name: 'first' });
    const relay = await startRelay(first.mesh.addresses[0] ?? '');
    const second = await start({ name: 'second', peers: [relay.address] });
    await untilMet(first, second);
    await relay.stop();
    await until(() => [first, second].every((node) => typesOf(node).includes('peer-away')));
    expect([first, second].map(({ mesh }) => mesh.peers())).toEqual([[], []]);
    for (let n = 0; n < 10; n += 1) {
      await second.mesh.send(first.mesh.id, { type: 'room-offered', leases: n });
      await first.mesh.send(second.mesh.id, { type: 'room-offered', leases: n });
    }
    const mended = await startRelay(first.mesh.addresses[0] ?? '', relay.address);
    await until(() => leases(first).length === 10 && leases(second).length === 10);
    for (const node of [first, second]) {
      expect(typesOf(node).filter((type) => type !== 'message')).toEqual([
        'peer-joined',
        'peer-away',
        'peer-back',
      ]);
    }
    await mended.stop();
  });

  test('or is given up by the other end alone, costs the peer only until it is back', async () => {
    const node = await start();
    const raw = await joinRaw(node.mesh.addresses[0] ?? '');
    await until(() => node.mesh.peers().length === 1);
    raw.stream.abort(new Error('It was silent for long'));
    await until(() => node.mesh.peers().length === 0);
    expect(typesOf(node)).toEqual(['peer-joined', 'peer-away']);
    await raw.stop();
  });

  test('carries no transfer any more: the next ones, two at once, get a new one', async () => {
    const first = await start({ name: 'first' });
    const relay = await startRelay(first.mesh.addresses[0] ?? '');
    const second = await start({ name: 'second', peers: [relay.address] });
    await untilMet(first, second);
    first.serve = async () => ({
      bytes: 1,
      source: (async function* () {
        yield new Uint8Array(1);
      })(),
    });
    const fetched = () =>
      second.mesh.fetch(
        first.mesh.id,
        { kind: 'slice', job: 'j', attempt: 0 },
        async () => undefined,
        AbortSignal.timeout(60_000),
      );
    await fetched();
    relay.cut();
    expect(await Promise.all([fetched(), fetched()])).toMatchObject([{ bytes: 1 }, { bytes: 1 }]);
    await relay.stop();
  });

  test('is told of more often by both ends while there is a job between them', async () => {
    const node = await start();
    node.isBusy = false;
    const raw = await joinRaw(node.mesh.addresses[0] ?? '');
    expect(await raw.hear()).toMatchObject({ type: 'heartbeat', everyMs: IDLE_HEARTBEAT_MS });
    node.isBusy = true;
    expect(await raw.hear()).toMatchObject({ type: 'heartbeat', everyMs: HEARTBEAT_MS });
    await raw.stop();
  });

  test('what cannot be sent is bounded: send waits, and rejects when the mesh stops', async () => {
    const fresh = await start();
    const frozen = await startRelay(fresh.mesh.addresses[0] ?? '');
    const sender = await start({ peers: [frozen.address] });
    await untilMet(fresh, sender);
    frozen.cut();
    let taken = 0;
    const sends = Array.from({ length: 100 }, async () => {
      const fingerprints = new Uint8Array(48 * 1024);
      await sender.mesh.send(fresh.mesh.id, {
        type: 'frames-decoded',
        job: 'j',
        attempt: 0,
        firstFrame: 0,
        fingerprints,
      });
      taken += 1;
    });
    const outcomes = Promise.allSettled(sends);
    for (let before = -1; taken === 0 || taken !== before; ) {
      before = taken;
      await new Promise((resolve) => setTimeout(resolve, 300));
    }
    expect(taken).toBeLessThan(25);
    await sender.mesh.stop();
    expect((await outcomes).filter(({ status }) => status === 'rejected')).toHaveLength(100 - taken);
    await frozen.stop();
  });
});

const leases = (node: TestNode): number[] =>
  node.events.flatMap((event) =>
    event.type === 'message' && event.message.type === 'room-offered' ? [event.message.leases] : [],
  );

describe('peers that do not fit', () => {
  test('another version is refused, both named', async () => {
    const node = await start({ version: '0.1.0' });
    const raw = await dialRaw(node.mesh.addresses[0] ?? '');
    await raw.say({ ...HELLO, protocol: 99, version: '9.9.9' });
    await until(() => node.events.length > 0);
    expect(node.events).toMatchObject([
      {
        type: 'peer-refused',
        peer: raw.id,
        reason: expect.stringMatching(
          new RegExp(`9\\.9\\.9 \\(protocol 99\\).*0\\.1\\.0 \\(protocol ${PROTOCOL_VERSION}\\)`),
        ),
      },
    ]);
    await raw.stop();
  });

  test('another swarm is left alone; who named it reads why', async () => {
    for (let round = 0; round < 3; round += 1) {
      const first = await start({ swarm: 'one' });
      const second = await start({ swarm: 'two', peers: first.mesh.addresses });
      await until(() => second.events.length > 0);
      expect(second.events).toMatchObject([
        { type: 'peer-refused', reason: expect.stringMatching(/"one".*"two"|"two".*"one"/) },
      ]);
      expect(first.events).toEqual([]);
    }
  });

  test('an address that was refused is no longer once somebody who fits answers there', async () => {
    const other = await start({ swarm: 'one' });
    const [address = ''] = other.mesh.addresses;
    const node = await start({ swarm: 'two', peers: [address] });
    const book = new PeerBook();
    const seen = () => {
      for (const event of node.events.splice(0)) book.note(event);
      return book.views(() => undefined);
    };
    await until(() => seen().some(({ state }) => state === 'refused'));
    await other.mesh.stop();
    await start({ swarm: 'two', port: Number(address.split(':')[1]) });
    await until(() => seen().some(({ state }) => state === 'alive'));
    await until(() => seen().every(({ state }) => state !== 'refused'));
  }, 60_000);

  test('a copied identity is told, to the copy and to the others', async () => {
    const privateKey = await generateKeyPair('Ed25519');
    const original = await start({ privateKey, name: 'original' });
    const third = await start({ peers: original.mesh.addresses });
    await untilMet(original, third);
    const copy = await start({
      privateKey,
      name: 'copy',
      peers: [...original.mesh.addresses, ...third.mesh.addresses],
    });
    const [address = ''] = third.mesh.addresses;
    const refusal = {
      type: 'peer-refused',
      peer: expect.any(String),
      reason: expect.stringMatching(/same identity .*"original" and "copy"/),
    };
    await until(() => copy.events.some((event) => 'peer' in event && event.peer === address));
    await until(() => typesOf(third).includes('peer-refused'));
    expect(copy.events).toContainEqual({ ...refusal, peer: address });
    expect(copy.events).toContainEqual({
      ...refusal,
      reason: expect.stringMatching(/uses this daemon's identity/),
    });
    expect(third.events.at(-1)).toMatchObject(refusal);
    expect(typesOf(third)).not.toContain('peer-left');
    await copy.mesh.stop();
    const now = performance.now.bind(performance);
    vi.spyOn(performance, 'now').mockImplementation(() => now() + 130_000);
    await until(() => typesOf(third).includes('trouble-over'));
    expect(third.events).toContainEqual({ type: 'trouble-over', peer: original.mesh.id });
  });

  test('whose hello comes last learns before it works with the peer that it was turned away, and why', async () => {
    const node = await start();
    let raw = await dialRaw(node.mesh.addresses[0] ?? '');
    while (!decidesFor(node.mesh.id, raw.id)) {
      await raw.stop();
      raw = await dialRaw(node.mesh.addresses[0] ?? '');
    }
    await raw.say(HELLO);
    expect(await raw.hear()).toMatchObject({ type: 'hello' });
    await raw.say({ type: 'goodbye', reason: 'Not you.' });
    await until(() => node.events.length > 0);
    expect(node.events).toEqual([{ type: 'peer-refused', peer: raw.id, reason: 'Not you.' }]);
    expect(node.mesh.peers()).toEqual([]);
    await raw.stop();
  });

  test('an address on the internet is not dialled', async () => {
    const node = await start({ peers: ['8.8.8.8'] });
    await until(() => node.events.length > 0);
    expect(node.events).toMatchObject([
      { type: 'peer-unreachable', reason: expect.stringMatching(/8\.8\.8\.8 is not a private/) },
    ]);
  });
});

describe('what is refused at start, and what is kept', () => {
  test('the default port gives way, a chosen one does not', async () => {
    const first = await start({ port: null });
    const second = await start({ port: null });
    expect(first.mesh.port).toBeGreaterThanOrEqual(DEFAULT_PORT);
    expect(second.mesh.port).toBeGreaterThan(first.mesh.port);
    await expect(start({ port: first.mesh.port })).rejects.toThrow(/Port \d+ is taken/);
  });

  test('addresses that are not private are not listened on, and unreadable ones are named', async () => {
    await expect(start({ listen: ['0.0.0.0'] })).rejects.toThrow(/does not listen on 0\.0\.0\.0/);
    await expect(start({ listen: ['8.8.8.8'] })).rejects.toThrow(/does not listen on 8\.8\.8\.8/);
    await expect(start({ peers: ['a b'] })).rejects.toThrow(/peer address "a b"/);
  });

  test('the identity is made once, for its owner only', async () => {
    const path = join(directory, 'identity');
    const made = await loadOrCreateIdentity(path);
    expect((await stat(path)).mode & 0o777).toBe(0o600);
    expect((await loadOrCreateIdentity(path)).equals(made)).toBe(true);
    await writeFile(path, 'nonsense');
    await expect(loadOrCreateIdentity(path)).rejects.toThrow(/damaged .* Delete it/);
    expect(await readFile(path, 'utf8')).toBe('nonsense');
  });

  test('remembered peers are few, last met first, and a damaged file is no obstacle', async () => {
    const path = join(directory, 'peers.json');
    const peers = await loadRememberedPeers(path);
    for (let n = 0; n < MAX_REMEMBERED_ADDRESSES + 10; n += 1)
      peers.remember({ id: `p${n}`, addresses: ['10.0.0.1:1'] });
    peers.remember({ id: 'p20', addresses: ['10.0.0.2:1'] });
    await peers.flush();
    const read = (await loadRememberedPeers(path)).peers;
    expect(read).toHaveLength(MAX_REMEMBERED_ADDRESSES);
    expect(read[0]).toEqual({ id: 'p20', addresses: ['10.0.0.2:1'] });
    expect(read.filter(({ id }) => id === 'p20')).toHaveLength(1);
    await writeFile(path, '{"version":1,"peers":[{"id":"x","addresses":["/etc/passwd"]}]}');
    expect((await loadRememberedPeers(path)).peers).toEqual([]);
  });
});

test('a port that something else holds on one address is not taken', async () => {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen({ host: '127.0.0.1', port: 0 }, resolve));
  const { port } = server.address() as AddressInfo;
  await expect(start({ port })).rejects.toThrow(`Port ${port} is taken`);
  await new Promise((resolve) => server.close(resolve));
});
