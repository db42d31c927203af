import type { Command } from 'commander';
import { renderCache } from '../../src/report/status.ts';
import { askDaemon } from './ask-daemon.ts';
import type { Shell } from './shell.ts';

export function addCache(program: Command, run: (work: Promise<number>) => void, shell: Shell): void {
  const cache = program.command('cache').description('show the cache of finished chunks and scans');
  askDaemon(cache, run, shell, (daemon) => daemon.cache(), renderCache);
  const clear = cache.command('clear').description('empty it, but for what running jobs need');
  askDaemon(clear, run, shell, (daemon) => daemon.clearCache(), renderCache);
}
