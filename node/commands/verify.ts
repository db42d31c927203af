import { resolve } from 'node:path';
import type { Command } from 'commander';
import { renderVerify } from '../../src/report/verify.ts';
import { addSwitch } from './flags.ts';
import { showFrameProgress } from './frame-progress.ts';
import { DONE, FAILED, INTERRUPTED, outJson, type Shell } from './shell.ts';

export function addVerify(program: Command, run: (work: Promise<number>) => void, shell: Shell): void {
  const command = program
    .command('verify')
    .description('compare an output with its source, frame by frame, knowing nothing of how it was made')
    .argument('<source>', 'the video as it was')
    .argument('<output>', 'the video as it is now');
  addSwitch(command, 'json', false, 'print one JSON document');
  command.action((source: string, output: string, flags: { json: boolean }) =>
    run(verify(shell, resolve(source), resolve(output), flags.json)),
  );
}

async function verify(shell: Shell, source: string, output: string, isJson: boolean): Promise<number> {
  // The other commands start no child, and do without what starts one.
  const { verifyFiles } = await import('../engine/verify-files.ts');
  const report = await verifyFiles(
    source,
    output,
    showFrameProgress(shell, 'compared'),
    shell.interrupted,
  ).catch((error) => {
    if (shell.interrupted.aborted) return null;
    throw error;
  });
  // The line of progress makes room for the report.
  shell.terminal?.write('\r\u001b[K');
  if (report === null) return INTERRUPTED;
  if (isJson) outJson(shell, report);
  else for (const line of renderVerify(report, shell.outStyle)) shell.out(line);
  return report.isEqual ? DONE : FAILED;
}
