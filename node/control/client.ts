import { type IncomingMessage, request } from 'node:http';
import { CONTROL_VERSION, isOver, type JobEvent, type Refusal } from '../../src/protocol/control-api.ts';
import type { DaemonApi } from '../daemon/daemon-api.ts';
import { NoVideoError } from '../no-video.ts';
import { socketAnswers } from '../platform/probe-socket.ts';
import { ownVersion } from '../version.ts';
import { CONTROL_HEADER, type Question, requestLine, VERSION_HEADER } from './routes.ts';

/** A running daemon, asked over its local socket. */
export type ControlClient = DaemonApi;

/** Finds the daemon that listens on a socket; null when none does. Throws a sentence when it may not be asked. */
export async function connectControl(socketPath: string): Promise<ControlClient | null> {
  if (!(await socketAnswers(socketPath))) return null;
  const ask = async <Answer>(question: Question, id = '', body?: object): Promise<Answer> =>
    readJson(await send(socketPath, question, id, body)) as Answer;
  return {
    submit: (wish) => ask('submit', '', wish),
    status: () => ask('status'),
    peers: () => ask('peers'),
    jobs: () => ask('jobs'),
    job: (id) => ask('job', id),
    follow: (id, signal) => follow(socketPath, id, signal),
    cancel: (id) => ask('cancel', id),
    stop: (id) => ask('stop', id),
    prioritise: (id, priority) => ask('prioritise', id, { priority }),
    pause: () => ask('pause'),
    pauseNow: () => ask('pauseNow'),
    drain: () => ask('drain'),
    resume: () => ask('resume'),
    cache: () => ask('cache'),
    clearCache: () => ask('clearCache'),
  };
}

/** Asks, checks both versions and the status; gives the body. */
async function send(
  socketPath: string,
  question: Question,
  id: string,
  body?: object,
  signal?: AbortSignal,
): Promise<IncomingMessage> {
  const response = await new Promise<IncomingMessage>((resolve, reject) => {
    const sent = request(
      {
        socketPath,
        ...requestLine(question, id),
        headers: { [CONTROL_HEADER]: CONTROL_VERSION },
        agent: false,
        ...(signal === undefined ? {} : { signal }),
      },
      resolve,
    );
    sent.once('error', (error) => reject(new Error(`The daemon does not answer: ${error.message}.`)));
    sent.end(body === undefined ? undefined : JSON.stringify(body));
  });
  if (response.headers[CONTROL_HEADER] !== String(CONTROL_VERSION)) {
    response.destroy();
    const theirs = response.headers[VERSION_HEADER] ?? 'of an unknown version';
    throw new Error(
      `The running daemon is vadeio-node ${theirs}, this command is ${await ownVersion()}, and they do not understand each other. Stop the daemon and start it again with this version; its jobs continue.`,
    );
  }
  if (response.statusCode !== 200) {
    const { error, isNoVideo } = (await readJson(response)) as Partial<Refusal>;
    if (isNoVideo === true) throw new NoVideoError(error);
    throw new Error(error ?? `The daemon answered with status ${response.statusCode}.`);
  }
  return response;
}

async function readJson(response: IncomingMessage): Promise<unknown> {
  const pieces: Buffer[] = [];
  for await (const piece of response as AsyncIterable<Buffer>) pieces.push(piece);
  return JSON.parse(Buffer.concat(pieces).toString('utf8'));
}

async function* follow(socketPath: string, id: string, signal: AbortSignal): AsyncIterable<JobEvent> {
  let isLast = false;
  try {
    const response = await send(socketPath, 'follow', id, undefined, signal);
    for await (const line of linesOf(response)) {
      const event = JSON.parse(line) as JobEvent | { readonly type?: undefined; readonly error: string };
      if (event.type === undefined) throw new Error(event.error);
      isLast = event.type === 'job' && isOver(event.job.phase);
      yield event;
    }
  } catch (error) {
    if (signal.aborted) return;
    // The daemon's process is gone: what to do is said below.
    if (!isReset(error)) throw error;
  }
  if (!isLast && !signal.aborted) {
    throw new Error(
      'The daemon ended while the job was running. Nothing committed is lost: start it again (vadeio-node up) and it continues by itself, or run the same command again.',
    );
  }
}

function isReset(error: unknown): boolean {
  return error instanceof Error && 'code' in error && error.code === 'ECONNRESET';
}

async function* linesOf(response: IncomingMessage): AsyncIterable<string> {
  let rest = '';
  response.setEncoding('utf8');
  for await (const text of response as AsyncIterable<string>) {
    const lines = (rest + text).split('\n');
    rest = lines.pop() ?? '';
    yield* lines;
  }
}
