import { resolve } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Command } from 'commander';
import { encoderOf } from '../../src/encoder/encoders.ts';
import { isOver, type JobView } from '../../src/protocol/control-api.ts';
import { renderFileEnd, renderSetAside } from '../../src/report/files.ts';
import { renderSummary } from '../../src/report/summary.ts';
import type { DaemonApi, DaemonOptions } from '../daemon/daemon-api.ts';
import { startBackgroundDaemon } from './background-daemon.ts';
import { addDaemonFlags, daemonOptionsOf, givenDaemonFlags } from './daemon-flags.ts';
import { type Display, openDisplay } from './display.ts';
import { dryRun } from './dry-run.ts';
import { FilesReport } from './files-report.ts';
import { addSwitch, addValue, asText } from './flags.ts';
import { followAll, handIn, type Outcome, refusalOf, type Wish } from './hand-in.ts';
import { findDaemon, findOrHostDaemon } from './host-daemon.ts';
import { addJobFlags, addPriorityFlag, type JobFlags, jobOptionsOf } from './job-flags.ts';
import { type Aside, type OutputPlan, planOutputs, type SetAside } from './plan-outputs.ts';
import { readList } from './read-list.ts';
import { DONE, FAILED, INTERRUPTED, outJson, type Shell, UsageError } from './shell.ts';

type SubmitFlags = JobFlags &
  Parameters<typeof daemonOptionsOf>[0] & {
    readonly output?: string;
    readonly scenes?: string;
    readonly priority?: number;
    readonly detach: boolean;
    readonly dry: boolean;
    readonly json: boolean;
  };

/** How often a daemon in this process looks whether the jobs of others are over. */
const IDLE_CHECK_MS = 500;

export function addSubmit(program: Command, run: (work: Promise<number>) => void, shell: Shell): void {
  const command = program
    .command('submit')
    .description('encode videos on every machine of the swarm')
    .argument(
      '<input...>',
      'video files, or folders of them; of two paths, the second is the output if it does not exist',
    )
    .usage('INPUT… [-o FILE|FOLDER] [flags]');
  addValue(
    command,
    '-o, --output <path>',
    'output file, or folder, which keeps the structure of input folders (default: NAME.CODEC.mkv beside each input)',
    asText,
  );
  addPriorityFlag(command);
  addSwitch(command, 'dry', false, 'say what would be done, and encode nothing');
  addSwitch(command, 'detach', false, 'return at once with the job’s id');
  addSwitch(command, 'json', false, 'print one JSON object a line, or with --detach one JSON document');
  addJobFlags(command);
  addDaemonFlags(command);
  command.action((paths: string[], flags: SubmitFlags) => run(submit(shell, command, paths, flags)));
}

async function submit(shell: Shell, command: Command, paths: string[], flags: SubmitFlags): Promise<number> {
  // What the flags contradict is said before anything is looked for.
  const { codec } = encoderOf(jobOptionsOf(flags, null).encoder);
  const zones = flags.zones === undefined ? null : await readList('zones file', resolve(flags.zones));
  const plan = await planOutputs(paths, flags.output ?? null, flags.overwrite, codec);
  if (zones !== null && plan.isMany) {
    throw new UsageError('--zones holds the ranges of one source; submit the inputs one by one.');
  }
  const scenes = flags.scenes === undefined ? null : resolve(flags.scenes);
  if (scenes !== null && plan.isMany) {
    throw new UsageError('--scenes holds the cuts of one source; submit the inputs one by one.');
  }
  const known = scenes === null ? null : await (await scenesFile()).readScenes(scenes);
  const options = jobOptionsOf(flags, known?.cuts ?? null, zones);
  if (flags.dry && flags.detach) {
    throw new UsageError('--dry hands nothing in, so there is nothing to --detach from; give one of them.');
  }
  const daemonOptions = daemonOptionsOf(flags);
  if (!flags.dry) await noteIdleFlags(shell, command, daemonOptions);
  const { priority } = flags;
  const wishes = plan.files.map((file) => ({
    ...file,
    options,
    priority,
    cutsFrameCount: known?.frameCount,
  }));
  if (flags.dry) return dryRun(shell, wishes, plan.setAside, flags.json);
  if (flags.detach) {
    if (scenes !== null && known === null) {
      throw new UsageError(
        `--detach does not wait for the cuts that ${scenes} is to hold; leave out one of both.`,
      );
    }
    return submitDetached(shell, daemonOptions, wishes, plan.setAside, flags.json);
  }
  return submitAndFollow(shell, daemonOptions, plan, wishes, {
    isJson: flags.json,
    scenesToWrite: known === null ? scenes : null,
  });
}

/** Most submits have no scenes file to check. */
const scenesFile = () => import('./scenes-file.ts');

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
  setAside: readonly SetAside[],
  isJson: boolean,
): Promise<number> {
  let isFailed = false;
  for (const { input, result, reason } of setAside) {
    isFailed ||= result === 'failed';
    shell.say(renderSetAside(input, result, reason, shell.sayStyle));
  }
  if (wishes.length === 0) return isFailed ? FAILED : DONE;
  const daemon =
    (await findDaemon(options.stateDirectory)) ?? (await startBackgroundDaemon(shell.self, options));
  const jobs: JobView[] = [];
  for (const wish of wishes) {
    try {
      jobs.push((await handIn(daemon, wish)).job);
    } catch (error) {
      const { result, reason } = refusalOf(wish, error);
      isFailed ||= result === 'failed';
      shell.say(renderSetAside(wish.input, result, reason, shell.sayStyle));
    }
  }
  if (isJson) outJson(shell, jobs);
  else for (const { id } of jobs) shell.out(id);
  return isFailed ? FAILED : DONE;
}

async function submitAndFollow(
  shell: Shell,
  options: DaemonOptions,
  plan: OutputPlan,
  wishes: readonly Wish[],
  how: { readonly isJson: boolean; readonly scenesToWrite: string | null },
): Promise<number> {
  const display = await openDisplay(shell, how.isJson, plan.isMany ? renderFileEnd : renderSummary);
  try {
    if (!plan.isMany)
      return exitStatus(shell, await encodeAll(shell, options, wishes, how.scenesToWrite, display));
    const files = new FilesReport(display, shell.outStyle, how.isJson);
    for (const aside of plan.setAside) files.setAside(aside);
    const outcomes = wishes.length === 0 ? [] : await encodeAll(shell, options, wishes, null, display, files);
    return Math.max(exitStatus(shell, outcomes), files.end(outcomes));
  } finally {
    display.close();
  }
}

/** Encodes by the running daemon, or by one that is here until it has nothing more to do. */
async function encodeAll(
  shell: Shell,
  options: DaemonOptions,
  wishes: readonly Wish[],
  scenesToWrite: string | null,
  display: Display,
  files: FilesReport | null = null,
): Promise<readonly Outcome[]> {
  const host = await findOrHostDaemon(options, (line) => display.say(line), shell.interrupted);
  try {
    const onRefused = ({ input }: Wish, refusal: Aside): void => {
      if (files === null) display.say(refusal.reason);
      else files.setAside({ input, ...refusal });
    };
    const outcomes = await followAll(host.api, wishes, shell.interrupted, display, onRefused);
    const summary = outcomes[0]?.job?.summary;
    if (scenesToWrite !== null && summary) {
      await (await scenesFile()).writeScenes(scenesToWrite, summary);
    }
    if (host.isHere) await awaitOthers(shell, host.api, display);
    return outcomes;
  } finally {
    await host.close('its last job ended');
  }
}

/**
 * Other commands may have handed jobs to the daemon in this process: it ends after the last one. Ctrl-C ends it at
 * once, and says whom that stops.
 */
async function awaitOthers(shell: Shell, daemon: DaemonApi, display: Display): Promise<void> {
  let isSaid = false;
  for (;;) {
    const running = (await daemon.jobs()).filter((job) => !isOver(job.phase));
    if (running.length === 0) return;
    const names = running.map(({ id }) => id).join(', ');
    if (shell.interrupted.aborted) {
      return display.say(
        `The jobs of other commands that ran here (${names}) end, too: they go on by themselves when a daemon is started again, or by the same commands.`,
      );
    }
    if (!isSaid) display.say(`Other jobs still run here (${names}); waiting for them.`);
    isSaid = true;
    await sleep(IDLE_CHECK_MS);
  }
}

function exitStatus(shell: Shell, outcomes: readonly Outcome[]): number {
  const areDone = outcomes.every(
    ({ job, refusal }) => job?.phase === 'done' || refusal?.result === 'skipped',
  );
  if (shell.interrupted.aborted && !areDone) return INTERRUPTED;
  return areDone ? DONE : FAILED;
}
