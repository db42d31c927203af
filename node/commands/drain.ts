import { setTimeout as sleep } from 'node:timers/promises';
import type { Command } from 'commander';
import type { IntakeView } from '../../src/protocol/control-api.ts';
import { isOver } from '../../src/protocol/control-api.ts';
import { renderWork } from '../../src/report/work.ts';
import type { DaemonApi } from '../daemon/daemon-api.ts';
import { addStateFlag, stateDirectoryOf } from './daemon-flags.ts';
import { addSwitch } from './flags.ts';
import { needDaemon } from './host-daemon.ts';
import { DONE, FAILED, INTERRUPTED, outJson, type Shell } from './shell.ts';

interface DrainFlags {
  readonly stateDir?: string;
  readonly json: boolean;
}

/** How often it is looked whether the machine is dry. */
const LOOK_MS = 250;

export function addDrain(program: Command, run: (work: Promise<number>) => void, shell: Shell): void {
  const command = program
    .command('drain')
    .description(
      'finish what this machine encodes, take no more, and return when it is dry; its daemon stays up',
    );
  addStateFlag(command);
  addSwitch(command, 'json', false, 'print one JSON document when it is dry');
  command.action((flags: DrainFlags) => run(drain(shell, flags)));
}

/** Ctrl-C ends the waiting, not the draining. */
async function drain(shell: Shell, flags: DrainFlags): Promise<number> {
  const daemon = await needDaemon(stateDirectoryOf(flags));
  let work = await daemon.drain();
  for (const line of await ownJobs(daemon)) shell.say(line);
  if (work.attempts > 0)
    shell.say('Waiting for what runs here to end. Ctrl-C ends the waiting, not the draining.');
  while (isDraining(work) && work.attempts > 0 && !shell.interrupted.aborted) {
    await sleep(LOOK_MS);
    ({ work } = await daemon.status());
  }
  if (flags.json) outJson(shell, work);
  else for (const line of renderWork(work)) shell.out(line);
  if (shell.interrupted.aborted) return INTERRUPTED;
  return isDraining(work) ? DONE : FAILED;
}

/** Somebody else may say `resume` meanwhile. */
function isDraining({ wish }: IntakeView): boolean {
  return wish === 'drain';
}

async function ownJobs(daemon: DaemonApi): Promise<string[]> {
  const running = (await daemon.jobs()).filter((job) => !isOver(job.phase));
  if (running.length === 0) return [];
  const ids = running.map(({ id }) => id).join(', ');
  return [`note: jobs submitted here go on with the other machines, and need this daemon to stay up: ${ids}`];
}
