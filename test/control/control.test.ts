import { chmod, mkdtemp, rm, stat, writeFile } from 'node:fs/promises';
import { createServer, request } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { execaNode } from 'execa';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { type ControlClient, connectControl } from '../../node/control/client.ts';
import { type ControlServer, serveControl } from '../../node/control/server.ts';
import type { DaemonApi } from '../../node/daemon/daemon-api.ts';
import { NO_WISHES } from '../../src/picture/plan-filters.ts';
import type { JobEvent, SubmitRequest } from '../../src/protocol/control-api.ts';
import { cannedDaemon, jobView } from '../fixtures/canned-daemon.ts';

const WISH: SubmitRequest = {
  input: '/films/a film with "quotes" – ünïcode.mkv',
  output: '/films/out.mkv',
  options: {
    encoder: 'svt-av1',
    preset: 8,
    crf: 30,
    target: null,
    budget: null,
    ladder: null,
    allocation: null,
    autoparam: null,
    passes: 1,
    grain: 0,
    encoderParams: { 'film-grain': '8' },
    bitDepth: 10,
    picture: NO_WISHES,
    minSceneSeconds: 0.5,
    maxSceneSeconds: 10,
    cuts: Array.from({ length: 20_000 }, (_, i) => i * 33),
    forcedKeyframes: [],
    zones: [],
    audioChoice: null,
    audio: { codec: 'opus', bitrateKbps: 96, channels: null, lfeMixLevel: null },
    subtitles: 'copy',
    attachments: 'drop',
    chapters: true,
    overwrite: false,
    previews: false,
    isLocal: false,
    checksStored: false,
  },
};

let directory: string;
let socket: string;
let server: ControlServer | null;

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'vadeio-control-'));
  socket = join(directory, 'control.sock');
  server = null;
});
afterEach(async () => {
  await server?.close();
  await rm(directory, { recursive: true, force: true });
});

async function connectTo(answers: Partial<DaemonApi>): Promise<ControlClient> {
  server = await serveControl(cannedDaemon(answers), socket);
  const client = await connectControl(socket);
  if (client === null) throw new Error('no daemon listens');
  return client;
}

async function all(events: AsyncIterable<JobEvent>): Promise<JobEvent[]> {
  const list: JobEvent[] = [];
  for await (const event of events) list.push(event);
  return list;
}

const never = (): AbortSignal => new AbortController().signal;

test('carries a request and its answer whole', async () => {
  let got: SubmitRequest | null = null;
  const client = await connectTo({
    submit: async (wish) => {
      got = wish;
      return { job: jobView(), isAttached: true };
    },
  });
  expect(await client.submit(WISH)).toEqual({ job: jobView(), isAttached: true });
  expect(got).toEqual(WISH);
});

test('gives the daemon’s own sentence when it refuses', async () => {
  const client = await connectTo({});
  expect(await client.job('ab12')).toEqual(jobView());
  await expect(client.job('../x y')).rejects.toThrow('No job ../x y.');
});

test('refuses a request out of range with what is wrong in it', async () => {
  const client = await connectTo({});
  const wrong = { ...WISH, input: 'relative.mkv', options: { ...WISH.options, crf: -1 } };
  await expect(client.submit(wrong)).rejects.toThrow(/input[\s\S]*crf|crf[\s\S]*input/);
});

test('follows a job until it is over', async () => {
  const client = await connectTo({});
  const events = await all(client.follow('ab12', never()));
  expect(events.map((event) => event.type === 'job' && event.job.phase)).toEqual(['encoding', 'done']);
  await expect(all(client.follow('zz', never()))).rejects.toThrow('No job zz.');
});

test('a reader that lets go ends the daemon’s iterator', async () => {
  let end: () => void;
  const ended = new Promise<void>((resolve) => {
    end = resolve;
  });
  const client = await connectTo({
    async *follow(_, signal) {
      yield { type: 'job', job: jobView() };
      await new Promise((resolve) => signal.addEventListener('abort', resolve));
      end();
    },
  });
  const stop = new AbortController();
  for await (const _ of client.follow('ab12', stop.signal)) stop.abort();
  await ended;
});

test('a slow reader holds the daemon’s events back instead of filling memory', async () => {
  let given = 0;
  const notes = ['x'.repeat(100_000)];
  const client = await connectTo({
    async *follow() {
      for (; given < 1000; given++) yield { type: 'job', job: jobView({ notes }) };
      yield { type: 'job', job: jobView({ phase: 'done' }) };
    },
  });
  const events = client.follow('ab12', never())[Symbol.asyncIterator]();
  await events.next();
  let before = -1;
  while (given !== before) {
    before = given;
    await sleep(200);
  }
  expect(given).toBeLessThan(200);
  let last: unknown;
  for (let next = await events.next(); next.done !== true; next = await events.next()) last = next.value;
  expect(last).toEqual({ type: 'job', job: jobView({ phase: 'done' }) });
});

test('says what to do when the daemon ends while a job is followed', async () => {
  const client = await connectTo({
    async *follow(_, signal) {
      yield { type: 'job', job: jobView() };
      await new Promise((resolve) => signal.addEventListener('abort', resolve));
    },
  });
  const events = client.follow('ab12', never())[Symbol.asyncIterator]();
  await events.next();
  await server?.close();
  await expect(events.next()).rejects.toThrow(
    /The daemon ended while the job was running.*run the same command/,
  );
});

test('finds no daemon where none listens, and replaces the socket of a killed one', async () => {
  expect(await connectControl(socket)).toBeNull();
  const killed = execaNode({
    reject: false,
  })`-e ${`require('net').createServer().listen(${JSON.stringify(socket)}, () => process.kill(process.pid, 'SIGKILL'))`}`;
  await killed;
  await stat(socket);
  expect(await connectControl(socket)).toBeNull();
  const client = await connectTo({});
  expect(await client.jobs()).toEqual([jobView()]);
});

test('never listens beside a living daemon', async () => {
  await connectTo({});
  await expect(serveControl(cannedDaemon(), socket)).rejects.toThrow(/Another daemon already listens/);
});

test('only this user may open the socket', async () => {
  await chmod(directory, 0o755);
  await connectTo({});
  expect((await stat(socket)).mode & 0o777).toBe(0o600);
});

test('a command of another version is told so by the daemon', async () => {
  await connectTo({});
  const answer = await new Promise<string>((resolve, reject) => {
    request({ socketPath: socket, path: '/jobs', headers: { 'x-vadeio-control': '999' } }, (response) => {
      response.setEncoding('utf8');
      response.on('data', (text) => resolve(`${response.statusCode} ${text}`));
    })
      .once('error', reject)
      .end();
  });
  expect(answer).toMatch(/^426 .*this command speaks version 999/);
});

test('a command refuses a daemon of another version', async () => {
  const other = createServer((_, response) => {
    response.setHeader('x-vadeio-control', '999').setHeader('x-vadeio-version', '9.9.9').end('[]');
  }).listen(socket);
  const client = await connectControl(socket);
  await expect(client?.jobs()).rejects.toThrow(/The running daemon is vadeio-node 9\.9\.9, this command is/);
  await new Promise((resolve) => other.close(resolve));
});

test('a file that is no socket is no daemon', async () => {
  await writeFile(socket, '');
  expect(await connectControl(socket)).toBeNull();
});
