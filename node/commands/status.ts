import type { Command } from 'commander';
import { renderStatus } from '../../src/report/status.ts';
import { askDaemon } from './ask-daemon.ts';
import type { Shell } from './shell.ts';

export function addStatus(program: Command, run: (work: Promise<number>) => void, shell: Shell): void {
  const command = program.command('status').description('show the daemon, its peers and its jobs');
  askDaemon(
    command,
    run,
    shell,
    (daemon) => daemon.status(),
    (status) => renderStatus(status, shell.outStyle),
  );
}
