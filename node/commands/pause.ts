import type { Command } from 'commander';
import { renderWork } from '../../src/report/work.ts';
import { askDaemon } from './ask-daemon.ts';
import { addSwitch } from './flags.ts';
import type { Shell } from './shell.ts';

export function addPause(program: Command, run: (work: Promise<number>) => void, shell: Shell): void {
  const command = program
    .command('pause')
    .description(
      'let this machine take no more work, of any machine, until resume; a restart does not end it',
    );
  addSwitch(command, 'now', false, 'hand back what runs, too, within a second');
  askDaemon(
    command,
    run,
    shell,
    (daemon) => (command.opts<{ now: boolean }>().now ? daemon.pauseNow() : daemon.pause()),
    renderWork,
  );
}
