import type { Command } from 'commander';
import { renderPeers } from '../../src/report/status.ts';
import { askDaemon } from './ask-daemon.ts';
import type { Shell } from './shell.ts';

export function addPeers(program: Command, run: (work: Promise<number>) => void, shell: Shell): void {
  const command = program.command('peers').description('list the machines of the swarm');
  askDaemon(command, run, shell, (daemon) => daemon.peers(), renderPeers);
}
