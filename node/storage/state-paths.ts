import { join } from 'node:path';
import { localSocketAddress } from '../platform/socket-address.ts';

/** Every name in a state folder. */
export interface StatePaths {
  readonly directory: string;
  /** The Ed25519 identity, mode 0600. */
  readonly identityKey: string;
  /** Addresses of peers met before. */
  readonly peers: string;
  /** What this machine's encoders write for the built-in clip. */
  readonly builds: string;
  readonly controlSocket: string;
  /** That this machine is paused, while it is. */
  readonly wish: string;
  /** What the daemon said, each sentence with its time. */
  readonly log: string;
  /** What a daemon in the background printed: why it did not start, or its last words. */
  readonly printed: string;
  readonly jobs: string;
  job(id: string): JobPaths;
  readonly cache: string;
  readonly chunks: string;
  readonly scans: string;
  /** Slices, results that are not proven yet: nothing in it survives a restart. */
  readonly work: string;
}

export interface JobPaths {
  readonly directory: string;
  readonly journal: string;
  /** What happened to it, for its report. */
  readonly history: string;
}

/** @param stateDirectory absolute. */
export function statePaths(stateDirectory: string): StatePaths {
  const jobs = join(stateDirectory, 'jobs');
  const cache = join(stateDirectory, 'cache');
  return {
    directory: stateDirectory,
    identityKey: join(stateDirectory, 'identity.key'),
    peers: join(stateDirectory, 'peers.json'),
    builds: join(stateDirectory, 'builds.json'),
    controlSocket: localSocketAddress(stateDirectory, 'control.sock'),
    wish: join(stateDirectory, 'wish'),
    log: join(stateDirectory, 'daemon.log'),
    printed: join(stateDirectory, 'daemon.printed'),
    jobs,
    job: (id) => ({
      directory: join(jobs, id),
      journal: join(jobs, id, 'journal'),
      history: join(jobs, id, 'history'),
    }),
    cache,
    chunks: join(cache, 'chunks'),
    scans: join(cache, 'scans'),
    work: join(stateDirectory, 'work'),
  };
}
