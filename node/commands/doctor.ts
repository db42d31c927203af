import type { Command } from 'commander';
import { renderFindings } from '../../src/report/findings.ts';
import { thisMachine } from '../daemon/machine.ts';
import { examineDaemon } from '../doctor/examine-daemon.ts';
import { examineEncoders, examineScores } from '../doctor/examine-encoders.ts';
import { examineNetwork } from '../doctor/examine-network.ts';
import { examineState } from '../doctor/examine-state.ts';
import { examineSystem } from '../doctor/examine-system.ts';
import { addDaemonFlags, daemonOptionsOf } from './daemon-flags.ts';
import { addSwitch } from './flags.ts';
import { findDaemon } from './host-daemon.ts';
import { DONE, FAILED, outJson, type Shell } from './shell.ts';

type DoctorFlags = Parameters<typeof daemonOptionsOf>[0] & { readonly json: boolean };

export function addDoctor(program: Command, run: (work: Promise<number>) => void, shell: Shell): void {
  const command = program
    .command('doctor')
    .description('look whether this machine has what a daemon with these flags would need');
  addSwitch(command, 'json', false, 'print one JSON document');
  addDaemonFlags(command);
  command.action((flags: DoctorFlags) => run(doctor(shell, flags)));
}

async function doctor(shell: Shell, flags: DoctorFlags): Promise<number> {
  const options = daemonOptionsOf(flags);
  const { stateDirectory, cacheLimitBytes, worksOnBattery } = options;
  const { isUp, findings } = await examineDaemon(() => findDaemon(stateDirectory));
  const all = [
    ...(await examineSystem(thisMachine(), worksOnBattery)),
    ...(await examineState(stateDirectory, cacheLimitBytes)),
    ...findings,
    ...(await examineNetwork(options, isUp)),
    ...(await examineEncoders(shell.interrupted)),
    ...(await examineScores()),
  ];
  if (flags.json) outJson(shell, all);
  else for (const line of renderFindings(all, shell.outStyle)) shell.out(line);
  return all.some(({ verdict }) => verdict === 'bad') ? FAILED : DONE;
}
