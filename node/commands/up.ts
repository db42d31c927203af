import { setTimeout as sleep } from 'node:timers/promises';
import { type Command, Option } from 'commander';
import { DEFAULT_PORT } from '../../src/mesh/peer-address.ts';
import { isOver, type StatusView } from '../../src/protocol/control-api.ts';
import { alignColumns } from '../../src/report/table.ts';
import { toJson } from '../../src/report/terminal-text.ts';
import { workRow } from '../../src/report/work.ts';
import type { DaemonApi, DaemonOptions } from '../daemon/daemon-api.ts';
import { addDaemonFlags, daemonOptionsOf } from './daemon-flags.ts';
import { addSwitch } from './flags.ts';
import { hostDaemon } from './host-daemon.ts';
import { DONE, INTERRUPTED, type Shell } from './shell.ts';

type UpFlags = Parameters<typeof daemonOptionsOf>[0] & {
  readonly json: boolean;
  readonly untilIdle?: boolean;
};

/** A daemon that was started for one job ends when it had none for this long. */
const IDLE_CHECKS = 20;
const IDLE_CHECK_MS = 500;

export function addUp(program: Command, run: (work: Promise<number>) => void, shell: Shell): void {
  const command = program
    .command('up')
    .description('run the daemon in the foreground (what no command means)');
  addSwitch(command, 'json', false, 'print who this daemon is as JSON');
  addDaemonFlags(command);
  // For daemons that `submit --detach` starts: nobody would end them.
  command.addOption(new Option('--until-idle').hideHelp());
  command.action((flags: UpFlags) => run(up(shell, daemonOptionsOf(flags), flags)));
}

async function up(shell: Shell, options: DaemonOptions, flags: UpFlags): Promise<number> {
  const host = await hostDaemon(options, (line) => shell.say(line));
  try {
    const status = await host.api.status();
    if (flags.json) shell.out(toJson(status));
    else for (const line of introduction(status, options)) shell.say(line);
    await (flags.untilIdle === true ? untilIdle(host.api, shell.interrupted) : aborted(shell.interrupted));
    if (!shell.interrupted.aborted) return DONE;
    shell.say('Ending; unfinished jobs continue when the daemon is started again.');
    // SIGTERM is how service managers end what did nothing wrong.
    return shell.interrupted.reason === 'SIGINT' ? INTERRUPTED : DONE;
  } finally {
    await host.close('the daemon was ended');
  }
}

/** Who this daemon is and who may use it. */
export function introduction(status: StatusView, options: DaemonOptions): string[] {
  const isUsual =
    options.port !== null || status.addresses.some((address) => address.includes(String(DEFAULT_PORT)));
  return [
    `vadeio-node ${status.version} is up.`,
    ...alignColumns([
      ['name', status.name],
      ['peer id', status.id],
      ...status.addresses.map((address, i) => [i === 0 ? 'addresses' : '', address]),
      ['slots', String(status.slots)],
      ...(status.work.intake === 'open' ? [] : [['work', workRow(status.work)]]),
      ...status.encoders.map((encoder, i) => [i === 0 ? 'encoders' : '', encoder]),
      ['state', status.stateDirectory],
    ]).map((line) => `  ${line}`),
    ...(isUsual ? [] : [`The default port ${DEFAULT_PORT} is taken, so the next free one is used.`]),
    `The swarm "${status.swarm}" is open: every machine of this LAN that names it can join and use this one.`,
  ];
}

function aborted(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve();
    // A pending promise alone does not keep a process alive; the daemon's own sockets do.
    signal.addEventListener('abort', () => resolve(), { once: true });
  });
}

async function untilIdle(daemon: DaemonApi, signal: AbortSignal): Promise<void> {
  for (let idle = 0; idle < IDLE_CHECKS && !signal.aborted; ) {
    await sleep(IDLE_CHECK_MS);
    const isIdle = (await daemon.jobs()).every((job) => isOver(job.phase));
    idle = isIdle ? idle + 1 : 0;
  }
}
