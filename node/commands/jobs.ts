import type { Command } from 'commander';
import { renderJobs } from '../../src/report/status.ts';
import { askDaemon } from './ask-daemon.ts';
import type { Shell } from './shell.ts';

export function addJobs(program: Command, run: (work: Promise<number>) => void, shell: Shell): void {
  const command = program.command('jobs').description('list the jobs of this machine');
  askDaemon(command, run, shell, (daemon) => daemon.jobs(), renderJobs);
}
