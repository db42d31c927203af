import type { Command } from 'commander';
import { renderSummary } from '../../src/report/summary.ts';
import { askState } from './ask-daemon.ts';
import type { Shell } from './shell.ts';

export function addCancel(program: Command, run: (work: Promise<number>) => void, shell: Shell): void {
  const command = program
    .command('cancel')
    .description('end a job for good; finished chunks stay in the cache')
    .argument('<id>', 'the job’s id, or its beginning');
  askState(
    command,
    run,
    shell,
    (daemon, [id = '']) => daemon.cancel(id),
    (job) => renderSummary(job, shell.outStyle),
  );
}
