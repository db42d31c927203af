import { resolve } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Command } from 'commander';
import { isOver, type JobPhase, type JobView } from '../../src/protocol/control-api.ts';
import type { DaemonApi, DaemonOptions } from '../daemon/daemon-api.ts';
import { startBackgroundDaemon } from './background-daemon.ts';
import { addDaemonFlags, daemonOptionsOf, givenDaemonFlags } from './daemon-flags.ts';
import { type Display, openDisplay } from './display.ts';
import { addSwitch, addValue, asText } from './flags.ts';
import { findDaemon, findOrHostDaemon } from './host-daemon.ts';
import { addJobFlags, type JobFlags, jobOptionsOf } from './job-flags.ts';
import { type PlannedOutput, planOutputs } from './plan-outputs.ts';
import { DONE, FAILED, INTERRUPTED, outJson, type Shell, UsageError } from './shell.ts';

type SubmitFlags = JobFlags &
  Parameters<typeof daemonOptionsOf>[0] & {
    readonly output?: string;
    readonly scenes?: string;
    readonly detach: boolean;
    readonly json: boolean;
  };

/** How often a daemon in this process looks whether the jobs of others are over. */
const IDLE_CHECK_MS = 500;

export function addSubmit(program: Command, run: (work: Promise<number>) => void, shell: Shell): void {
  const command = program
    .command('submit')
    .description('encode videos on every machine of the swarm')
    .argument('<input...>', 'video files; of two paths, the second is the output if it does not exist')
    .usage('INPUT… [-o FILE|FOLDER] [flags]');
  addValue(
    command,
    '-o, --output <path>',
    'output file or folder (default: NAME.av1.mkv beside the input)',
    asText,
  );
  addJobFlags(command);
  addSwitch(command, 'detach', false, 'return at once with the job’s id');
  addSwitch(command, 'json', false, 'print one JSON object a line');
  addDaemonFlags(command);
  command.action((paths: string[], flags: SubmitFlags) => run(submit(shell, command, paths, flags)));
}

async function submit(shell: Shell, command: Command, paths: string[], flags: SubmitFlags): Promise<number> {
  // What the flags contradict is said before anything is looked for.
  jobOptionsOf(flags, null);
  const planned = await planOutputs(paths, flags.output ?? null, flags.overwrite);
  const scenes = flags.scenes === undefined ? null : resolve(flags.scenes);
  if (scenes !== null && planned.length > 1) {
    throw new UsageError('--scenes holds the cuts of one source; submit the inputs one by one.');
  }
  const cuts = scenes === null ? null : await (await scenesFile()).readScenes(scenes);
  const options = jobOptionsOf(flags, cuts);
  const daemonOptions = daemonOptionsOf(flags);
  await noteIdleFlags(shell, command, daemonOptions);
  const wishes = planned.map((paths) => ({ ...paths, options }));
  if (flags.detach) {
    if (scenes !== null && cuts === null) {
      throw new UsageError(
        `--detach does not wait for the cuts that ${scenes} is to hold; leave out one of both.`,
      );
    }
    return submitDetached(shell, daemonOptions, wishes, flags.json);
  }
  return submitAndFollow(shell, daemonOptions, wishes, flags.json, cuts === null ? scenes : null);
}

/** Most submits have no scenes file to check. */
const scenesFile = () => import('./scenes-file.ts');

type Wish = PlannedOutput & { readonly options: ReturnType<typeof jobOptionsOf> };

/** A running daemon keeps the setup it was started with. */
async function noteIdleFlags(shell: Shell, command: Command, options: DaemonOptions): Promise<void> {
  const given = givenDaemonFlags(command);
  if (given.length === 0 || (await findDaemon(options.stateDirectory)) === null) return;
  shell.say(`note: a daemon already runs and keeps its own setup; not used: ${given.join(', ')}`);
}

async function submitDetached(
  shell: Shell,
  options: DaemonOptions,
  wishes: readonly Wish[],
  isJson: boolean,
): Promise<number> {
  const daemon =
    (await findDaemon(options.stateDirectory)) ?? (await startBackgroundDaemon(shell.self, options));
  const { jobs, refusals } = await submitAll(daemon, wishes);
  for (const refusal of refusals) shell.say(refusal);
  if (isJson) outJson(shell, jobs);
  else for (const { id } of jobs) shell.out(id);
  return refusals.length === 0 ? DONE : FAILED;
}

async function submitAndFollow(
  shell: Shell,
  options: DaemonOptions,
  wishes: readonly Wish[],
  isJson: boolean,
  scenesToWrite: string | null,
): Promise<number> {
  const display = await openDisplay(shell, isJson);
  const host = await findOrHostDaemon(options, (line) => display.say(line), shell.interrupted);
  try {
    const { jobs, refusals } = await submitAll(host.api, wishes);
    for (const refusal of refusals) display.say(refusal);
    const ended = await followAll(shell, host.api, jobs, display);
    const [only] = ended;
    if (scenesToWrite !== null && only?.summary) {
      await (await scenesFile()).writeScenes(scenesToWrite, only.summary.frameCount, only.summary.cuts);
    }
    if (host.isHere && !shell.interrupted.aborted) await awaitOthers(shell, host.api, display);
    return exitStatus(shell, ended, refusals);
  } finally {
    display.close();
    await host.close('its last job ended');
  }
}

/** Hands in what can be; a source that is refused does not keep the others from being encoded. */
async function submitAll(
  daemon: DaemonApi,
  wishes: readonly Wish[],
): Promise<{ readonly jobs: readonly JobView[]; readonly refusals: readonly string[] }> {
  const jobs: JobView[] = [];
  const refusals: string[] = [];
  for (const wish of wishes) {
    try {
      jobs.push((await daemon.submit(wish)).job);
    } catch (error) {
      refusals.push(error instanceof Error ? error.message : String(error));
    }
  }
  return { jobs, refusals };
}

/** Shows all jobs until each is over; Ctrl-C stops them, resumable. */
async function followAll(
  shell: Shell,
  daemon: DaemonApi,
  jobs: readonly JobView[],
  display: Display,
): Promise<readonly JobView[]> {
  const stop = (): void => {
    display.say(
      'Stopping; what is encoded is kept, and the same command goes on from there. Press Ctrl-C again to end at once.',
    );
    for (const { id } of jobs) daemon.stop(id).catch((error: unknown) => display.say(String(error)));
  };
  if (shell.interrupted.aborted) stop();
  shell.interrupted.addEventListener('abort', stop);
  try {
    return await Promise.all(jobs.map((job) => followJob(daemon, job, display)));
  } finally {
    shell.interrupted.removeEventListener('abort', stop);
  }
}

async function followJob(daemon: DaemonApi, job: JobView, display: Display): Promise<JobView> {
  let last = job;
  for await (const event of daemon.follow(job.id, new AbortController().signal)) {
    display.show(event);
    if (event.type === 'job') last = event.job;
  }
  return last;
}

/** Other commands may have handed jobs to the daemon in this process: it ends after the last one. */
async function awaitOthers(shell: Shell, daemon: DaemonApi, display: Display): Promise<void> {
  let isSaid = false;
  while (!shell.interrupted.aborted) {
    const running = (await daemon.jobs()).filter((job) => !isOver(job.phase));
    if (running.length === 0) return;
    if (!isSaid)
      display.say(`Other jobs still run here (${running.map(({ id }) => id).join(', ')}); waiting for them.`);
    isSaid = true;
    await sleep(IDLE_CHECK_MS);
  }
}

function exitStatus(shell: Shell, ended: readonly JobView[], refusals: readonly string[]): number {
  const isDone = (phase: JobPhase): boolean => phase === 'done';
  if (shell.interrupted.aborted && !ended.every(({ phase }) => isDone(phase))) return INTERRUPTED;
  return refusals.length === 0 && ended.every(({ phase }) => isDone(phase)) ? DONE : FAILED;
}
