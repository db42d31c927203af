import type { Command } from 'commander';
import type { JobView } from '../../src/protocol/control-api.ts';
import { renderChoices } from '../../src/report/job/chunk-choices.ts';
import { renderJob } from '../../src/report/status.ts';
import type { DaemonApi } from '../daemon/daemon-api.ts';
import { statePaths } from '../storage/state-paths.ts';
import { addStateFlag, stateDirectoryOf } from './daemon-flags.ts';
import { openDisplay } from './display.ts';
import { addSwitch } from './flags.ts';
import { needDaemon, withDaemonOrState } from './host-daemon.ts';
import { addPriorityFlag } from './job-flags.ts';
import { DONE, FAILED, INTERRUPTED, outJson, type Shell } from './shell.ts';

interface JobFlags {
  /** true: at its usual place. */
  readonly report?: true | string;
  readonly stateDir?: string;
  readonly json: boolean;
  readonly follow: boolean;
  readonly priority?: number;
}

export function addJob(program: Command, run: (work: Promise<number>) => void, shell: Shell): void {
  const command = program
    .command('job')
    .description('show one job, or change its priority')
    .argument('<id>', 'the job’s id, or its beginning');
  addSwitch(command, 'follow', false, 'show it until it is over');
  addPriorityFlag(command);
  command.option(
    '--report [file]',
    'write what happened as an HTML page, as JSON to FILE.json, or score and bitrate over time to FILE.svg (default: NAME.report.html beside the output); with --json, print it',
  );
  addStateFlag(command);
  addSwitch(command, 'json', false, 'print one JSON document, or with --follow one JSON object a line');
  command.action((id: string, flags: JobFlags) => run(job(shell, id, flags)));
}

async function job(shell: Shell, id: string, flags: JobFlags): Promise<number> {
  if (flags.report !== undefined) return (await import('./report.ts')).report(shell, id, flags.report, flags);
  const directory = stateDirectoryOf(flags);
  if (flags.priority !== undefined) {
    const daemon = await needDaemon(directory);
    await daemon.prioritise((await daemon.job(id)).id, flags.priority);
  }
  if (flags.follow) return follow(shell, await needDaemon(directory), id, flags.json);
  const view = await withDaemonOrState(directory, shell, (daemon) => daemon.job(id));
  if (flags.json) outJson(shell, view);
  else {
    for (const line of renderJob(view, shell.columns, shell.outStyle)) shell.out(line);
    for (const line of await recordedChoices(directory, view)) shell.out(line);
  }
  return DONE;
}

/** A job that ended before its daemon was started, or with it, is known by its records alone. */
async function recordedChoices(directory: string, { id, phase, summary }: JobView): Promise<string[]> {
  if (phase !== 'done' || summary !== null) return [];
  const { readReport } = await import('../daemon/read-report.ts');
  // Some jobs have no records.
  const report = await readReport(statePaths(directory), id, false).catch(() => null);
  const choices = report === null ? [] : renderChoices(report);
  return choices.length === 0 ? [] : ['', ...choices];
}

/** Watches only: Ctrl-C ends the watching, not the job. */
async function follow(shell: Shell, daemon: DaemonApi, id: string, isJson: boolean): Promise<number> {
  const display = await openDisplay(shell, isJson);
  let isFailed = false;
  try {
    for await (const event of daemon.follow(id, shell.interrupted)) {
      display.show(event);
      isFailed = event.type === 'job' && event.job.phase === 'failed';
    }
  } finally {
    display.close();
  }
  if (shell.interrupted.aborted) return INTERRUPTED;
  return isFailed ? FAILED : DONE;
}
