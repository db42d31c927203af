import { readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { takeExclusiveLock } from '../platform/exclusive-lock.ts';
import { modeIfOthersMayWrite, ownerIfAnother } from '../platform/folder-rights.ts';
import { socketAnswers } from '../platform/probe-socket.ts';
import { makePrivateFolder } from './make-folder.ts';
import { type StatePaths, statePaths } from './state-paths.ts';
import { sweepReplacements } from './write-file.ts';

/** A state folder that this process, and no other, may write to. */
export interface StateDirectory {
  readonly paths: StatePaths;
  release(): Promise<void>;
}

/**
 * Creates the folder (mode 0700) where it is missing, takes its lock and sweeps what an earlier daemon left in `work`,
 * or half written when it was killed.
 * Two daemons never share a folder: the kernel's lock decides between processes of one network namespace, and a
 * control socket that answers shows a daemon of another one. Throws a sentence when the folder is in use or unsafe.
 */
export async function openStateDirectory(directory: string): Promise<StateDirectory> {
  const paths = statePaths(directory);
  await makePrivate(directory);
  const lock = await takeExclusiveLock(directory);
  if (lock === null) throw inUse(directory);
  try {
    if (await socketAnswers(paths.controlSocket)) throw inUse(directory);
    await Promise.all([paths.jobs, paths.chunks, paths.scans, paths.work].map(makePrivate));
    await sweep(paths.work);
    await sweepReplacements(directory);
    for (const job of await readdir(paths.jobs)) await sweepReplacements(paths.job(job).directory);
  } catch (error) {
    await lock.release();
    throw error;
  }
  return { paths, release: () => lock.release() };
}

/** Another living daemon has the folder. */
export class StateInUseError extends Error {
  override readonly name = 'StateInUseError';
}

function inUse(directory: string): Error {
  return new StateInUseError(
    `A daemon already runs with the state folder ${directory}. Stop it, or give this one its own folder with --state-dir.`,
  );
}

async function makePrivate(directory: string): Promise<void> {
  await makePrivateFolder(directory);
  await refuseUnsafeFolder(directory);
}

/** Throws a sentence when another user could replace what is in a folder. */
export async function refuseUnsafeFolder(directory: string): Promise<void> {
  const owner = await ownerIfAnother(directory);
  if (owner !== null) {
    throw new Error(
      `The state folder ${directory} belongs to another user (${owner}), who could replace this machine's key. Run the command as that user, or choose another folder with --state-dir.`,
    );
  }
  const mode = await modeIfOthersMayWrite(directory);
  if (mode !== null) {
    throw new Error(
      `The state folder ${directory} can be written by other users (mode ${mode.toString(8)}), which would let them replace this machine's key. Run chmod go-w on it, or choose another folder with --state-dir.`,
    );
  }
}

async function sweep(directory: string): Promise<void> {
  for (const name of await readdir(directory)) {
    await rm(join(directory, name), { recursive: true, force: true });
  }
}
