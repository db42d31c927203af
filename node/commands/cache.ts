import type { Command } from 'commander';
import { renderCache } from '../../src/report/status.ts';
import { askState } from './ask-daemon.ts';
import type { Shell } from './shell.ts';

export function addCache(program: Command, run: (work: Promise<number>) => void, shell: Shell): void {
  const cache = program.command('cache').description('show the cache of finished chunks and scans');
  askState(cache, run, shell, (daemon) => daemon.cache(), renderCache);
  const clear = cache.command('clear').description('empty it, but for what running jobs need');
  askState(clear, run, shell, (daemon) => daemon.clearCache(), renderCache);
}
