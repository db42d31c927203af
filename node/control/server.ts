import { once } from 'node:events';
import { chmod, mkdir, rm, stat } from 'node:fs/promises';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { dirname } from 'node:path';
import { z } from 'zod';
import { CONTROL_VERSION, MAX_CONTROL_REQUEST_BYTES, type Refusal } from '../../src/protocol/control-api.ts';
import type { DaemonApi } from '../daemon/daemon-api.ts';
import { NoVideoError } from '../no-video.ts';
import { socketAnswers } from '../platform/probe-socket.ts';
import { isSocketFile } from '../platform/socket-address.ts';
import { ownVersion } from '../version.ts';
import { CONTROL_HEADER, findRoute, type Question, VERSION_HEADER } from './routes.ts';
import { prioritySchema, submitRequestSchema } from './schemas.ts';

export interface ControlServer {
  /** Ends every connection; those that follow a job see its stream end. */
  close(): Promise<void>;
}

/**
 * Answers the command line on a local socket that only this user may open (mode 0600). A socket file that nobody
 * listens on any more is replaced; the caller holds the state folder's lock, so nobody is about to.
 */
export async function serveControl(daemon: DaemonApi, socketPath: string): Promise<ControlServer> {
  const version = await ownVersion();
  const server = createServer((request, response) => {
    response.setHeader(CONTROL_HEADER, CONTROL_VERSION);
    response.setHeader(VERSION_HEADER, version);
    answer(daemon, request, response).catch((error: unknown) => giveError(response, error));
  });
  if (isSocketFile(socketPath)) {
    await makeSocketFolder(dirname(socketPath));
    if (await socketAnswers(socketPath)) {
      throw new Error(`Another daemon already listens on ${socketPath}. Stop it first.`);
    }
    await rm(socketPath, { force: true });
  }
  await listen(server, socketPath);
  return {
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

async function listen(server: Server, socketPath: string): Promise<void> {
  // The socket is made inside listen(), before anybody could change its mode.
  const umask = process.umask(0o177);
  try {
    server.listen(socketPath);
  } finally {
    process.umask(umask);
  }
  await once(server, 'listening');
  if (isSocketFile(socketPath)) await chmod(socketPath, 0o600);
}

/** The folder may be a shared one of the system, where somebody else could have made it first. */
async function makeSocketFolder(directory: string): Promise<void> {
  await mkdir(directory, { recursive: true, mode: 0o700 });
  const { uid } = await stat(directory);
  const self = process.getuid?.();
  if (self !== undefined && uid !== self && uid !== 0) {
    throw new Error(
      `The folder ${directory} for the control socket belongs to another user (${uid}). Choose another folder with --state-dir.`,
    );
  }
}

async function answer(daemon: DaemonApi, request: IncomingMessage, response: ServerResponse): Promise<void> {
  const path = request.url ?? '';
  const asked = request.headers[CONTROL_HEADER];
  if (asked !== String(CONTROL_VERSION)) {
    return giveJson(response, 426, {
      error: `The running daemon is vadeio-node ${response.getHeader(VERSION_HEADER)} (control version ${CONTROL_VERSION}), this command speaks version ${asked ?? 'none'}. Use the command line of the daemon's version, or restart the daemon with this one's.`,
    });
  }
  const route = findRoute(request.method ?? '', path);
  if (route === null) {
    return giveJson(response, 404, { error: `The daemon has no answer to ${request.method} ${path}.` });
  }
  if (route.question === 'follow') return follow(daemon, route.id, response);
  giveJson(response, 200, await ask(daemon, route.question, route.id, request));
}

async function ask(
  daemon: DaemonApi,
  question: Exclude<Question, 'follow'>,
  id: string,
  request: IncomingMessage,
): Promise<unknown> {
  switch (question) {
    case 'submit':
      return daemon.submit(await readBody(request, submitRequestSchema));
    case 'prioritise':
      return daemon.prioritise(id, (await readBody(request, prioritySchema)).priority);
    case 'job':
    case 'cancel':
    case 'stop':
      return daemon[question](id);
    default:
      return daemon[question]();
  }
}

async function readBody<Schema extends z.ZodType>(
  request: IncomingMessage,
  schema: Schema,
): Promise<z.output<Schema>> {
  const pieces: Buffer[] = [];
  let bytes = 0;
  for await (const piece of request as AsyncIterable<Buffer>) {
    bytes += piece.length;
    if (bytes > MAX_CONTROL_REQUEST_BYTES) {
      throw new Error(`The request is larger than ${MAX_CONTROL_REQUEST_BYTES} bytes.`);
    }
    pieces.push(piece);
  }
  const read = schema.safeParse(JSON.parse(Buffer.concat(pieces).toString('utf8')));
  if (!read.success) throw new Error(`The request is not understood. ${z.prettifyError(read.error)}`);
  return read.data;
}

/** One event a line; the daemon is asked for the next one only when the reader took the last. */
async function follow(daemon: DaemonApi, id: string, response: ServerResponse): Promise<void> {
  const gone = new AbortController();
  response.once('close', () => gone.abort());
  // Asked before the head is written: an unknown job is an error, not a stream.
  await daemon.job(id);
  response.writeHead(200, { 'content-type': 'application/x-ndjson' });
  try {
    for await (const event of daemon.follow(id, gone.signal)) {
      if (gone.signal.aborted) return;
      if (!response.write(`${JSON.stringify(event)}\n`)) {
        await once(response, 'drain', { signal: gone.signal });
      }
    }
  } catch (error) {
    if (gone.signal.aborted) return;
    response.write(`${JSON.stringify({ error: words(error) })}\n`);
  }
  response.end();
}

function giveJson(response: ServerResponse, status: number, value: unknown): void {
  response.writeHead(status, { 'content-type': 'application/json' });
  response.end(JSON.stringify(value));
}

function giveError(response: ServerResponse, error: unknown): void {
  if (response.headersSent) response.destroy();
  else giveJson(response, 400, refusal(error));
}

function refusal(error: unknown): Refusal {
  return { error: words(error), ...(error instanceof NoVideoError ? { isNoVideo: true } : {}) };
}

function words(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
