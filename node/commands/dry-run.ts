import { renderDryRun } from '../../src/report/dry-run.ts';
import { renderSetAside } from '../../src/report/files.ts';
import { toJson } from '../../src/report/terminal-text.ts';
import { refusalOf, type Wish } from './hand-in.ts';
import type { SetAside } from './plan-outputs.ts';
import { DONE, FAILED, type Shell } from './shell.ts';

/** Says what would be done with each file, and does none of it. */
export async function dryRun(
  shell: Shell,
  wishes: readonly Wish[],
  setAside: readonly SetAside[],
  isJson: boolean,
): Promise<number> {
  // The other ways to submit leave inspecting to the daemon.
  const { prepareJob } = await import('../daemon/prepare-job.ts');
  let isFailed = false;
  const tellAside = ({ input, result, reason }: SetAside): void => {
    isFailed ||= result === 'failed';
    shell.say(renderSetAside(input, result, reason, shell.sayStyle));
  };
  setAside.forEach(tellAside);
  for (const wish of wishes) {
    const { input, output, options } = wish;
    try {
      const { settings, variants, notes } = await prepareJob({ input, output, options });
      const run = { input, output, settings, variants, notes, options };
      if (isJson) shell.out(toJson(run));
      else for (const line of renderDryRun(run, shell.outStyle)) shell.out(line);
    } catch (error) {
      tellAside({ input, ...refusalOf(wish, error) });
    }
  }
  shell.say('Nothing was encoded.');
  return isFailed ? FAILED : DONE;
}
