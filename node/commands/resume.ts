import type { Command } from 'commander';
import { renderWork } from '../../src/report/work.ts';
import { askDaemon } from './ask-daemon.ts';
import type { Shell } from './shell.ts';

export function addResume(program: Command, run: (work: Promise<number>) => void, shell: Shell): void {
  const command = program
    .command('resume')
    .description('let this machine take work again: ends pause and drain');
  askDaemon(command, run, shell, (daemon) => daemon.resume(), renderWork);
}
