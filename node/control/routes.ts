import type { DaemonApi } from '../daemon/daemon-api.ts';

/** Header in which each side names its `CONTROL_VERSION`, and the one with the program's version for people. */
export const CONTROL_HEADER = 'x-vadeio-control';
export const VERSION_HEADER = 'x-vadeio-version';

/** Where each question to the daemon is asked. `ID` stands for a job's id. */
export const ROUTES = {
  submit: 'POST /jobs',
  status: 'GET /status',
  peers: 'GET /peers',
  jobs: 'GET /jobs',
  job: 'GET /jobs/ID',
  follow: 'GET /jobs/ID/follow',
  cancel: 'POST /jobs/ID/cancel',
  stop: 'POST /jobs/ID/stop',
  prioritise: 'POST /jobs/ID/priority',
  pause: 'POST /pause',
  pauseNow: 'POST /pause/now',
  drain: 'POST /drain',
  resume: 'POST /resume',
  cache: 'GET /cache',
  clearCache: 'POST /cache/clear',
} as const satisfies Record<keyof DaemonApi, string>;

export type Question = keyof typeof ROUTES;

/** Which question a request asks, and about which job; null when it is none. */
export function findRoute(method: string, path: string): { question: Question; id: string } | null {
  const parts = path.split('/');
  const isAboutJob = parts[1] === 'jobs' && parts[2] !== undefined;
  const id = isAboutJob ? decodeURIComponent(parts[2] ?? '') : '';
  if (isAboutJob) parts[2] = 'ID';
  const asked = `${method} ${parts.join('/')}`;
  for (const question of Object.keys(ROUTES) as Question[]) {
    if (ROUTES[question] === asked) return { question, id };
  }
  return null;
}

/** Method and path that ask a question. */
export function requestLine(question: Question, id = ''): { method: string; path: string } {
  const [method = '', path = ''] = ROUTES[question].split(' ');
  return { method, path: path.replace('ID', encodeURIComponent(id)) };
}
