import { resolve } from 'node:path';
import type { Command } from 'commander';
import { renderVerify } from '../../src/report/verify.ts';
import { addSwitch } from './flags.ts';
import { showFrameProgress } from './frame-progress.ts';
import { addPictureFlags, type PictureFlags, pictureWishesOf } from './picture-flags.ts';
import { DONE, FAILED, INTERRUPTED, outJson, type Shell } from './shell.ts';

interface VerifyFlags extends PictureFlags {
  readonly json: boolean;
}

export function addVerify(program: Command, run: (work: Promise<number>) => void, shell: Shell): void {
  const command = program
    .command('verify')
    .description('compare an output with its source, frame by frame, knowing nothing of how it was made')
    .argument('<source>', 'the video as it was')
    .argument('<output>', 'the video as it is now');
  addSwitch(command, 'json', false, 'print one JSON document');
  command.optionsGroup('What was done to the picture, as it was submitted:');
  addPictureFlags(command);
  command.action((source: string, output: string, flags: VerifyFlags) =>
    run(verify(shell, resolve(source), resolve(output), flags)),
  );
}

async function verify(shell: Shell, source: string, output: string, flags: VerifyFlags): Promise<number> {
  // The other commands start no child, and do without what starts one.
  const { verifyFiles } = await import('../engine/verify-files.ts');
  const report = await verifyFiles(
    source,
    output,
    showFrameProgress(shell, 'compared'),
    shell.interrupted,
    pictureWishesOf(flags),
  ).catch((error) => {
    if (shell.interrupted.aborted) return null;
    throw error;
  });
  // The line of progress makes room for the report.
  shell.terminal?.write('\r\u001b[K');
  if (report === null) return INTERRUPTED;
  if (flags.json) outJson(shell, report);
  else for (const line of renderVerify(report, shell.outStyle)) shell.out(line);
  return report.isEqual ? DONE : FAILED;
}
