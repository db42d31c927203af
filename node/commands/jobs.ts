import type { Command } from 'commander';
import { renderJobs } from '../../src/report/status.ts';
import { askState } from './ask-daemon.ts';
import type { Shell } from './shell.ts';

export function addJobs(program: Command, run: (work: Promise<number>) => void, shell: Shell): void {
  const command = program.command('jobs').description('list the jobs of this machine');
  askState(command, run, shell, (daemon) => daemon.jobs(), renderJobs);
}
