import { resolve } from 'node:path';
import type { Command } from 'commander';
import { METRIC_NAMES, type MetricName } from '../../src/quality/metric.ts';
import { MEAN, type Pooling, parsePooling } from '../../src/quality/pool-scores.ts';
import { WANTED_VMAF_MODELS, type WantedVmafModel } from '../../src/quality/vmaf-model.ts';
import { renderScore, summariseScores } from '../../src/report/score.ts';
import type { ScoreMeasure } from '../engine/messages.ts';
import { addSwitch, addValue, oneOf } from './flags.ts';
import { showFrameProgress } from './frame-progress.ts';
import { addPictureFlags, type PictureFlags, pictureWishesOf } from './picture-flags.ts';
import { DONE, INTERRUPTED, outJson, type Shell } from './shell.ts';

interface ScoreFlags extends PictureFlags {
  readonly metric?: MetricName;
  readonly pool?: Pooling;
  readonly vmafModel?: WantedVmafModel;
  readonly json: boolean;
}

export function addScore(program: Command, run: (work: Promise<number>) => void, shell: Shell): void {
  const command = program
    .command('score')
    .description('say how good an output looks beside its source')
    .argument('<source>', 'the video as it was')
    .argument('<output>', 'the video as it is now');
  addValue(command, '--metric <name>', `${METRIC_NAMES.join(', ')} (default: vmaf)`, oneOf(METRIC_NAMES));
  addValue(
    command,
    '--pool <how>',
    'of all frames the mean, harmonic, min or p5 (default: mean)',
    parsePooling,
  );
  addValue(
    command,
    '--vmaf-model <name>',
    `${WANTED_VMAF_MODELS.join(', ')} (default: auto)`,
    oneOf(WANTED_VMAF_MODELS),
  );
  addSwitch(command, 'json', false, 'print one JSON document');
  command.optionsGroup('What was done to the picture, as it was submitted:');
  addPictureFlags(command);
  command.action((source: string, output: string, flags: ScoreFlags) =>
    run(score(shell, resolve(source), resolve(output), flags)),
  );
}

async function score(shell: Shell, source: string, output: string, flags: ScoreFlags): Promise<number> {
  const measure = await measureOf(flags);
  // The other commands start no child, and do without what starts one.
  const { scoreFiles } = await import('../engine/score-files.ts');
  const wishes = pictureWishesOf(flags);
  const onProgress = showFrameProgress(shell, 'scored');
  const scores = await scoreFiles(source, output, measure, onProgress, shell.interrupted, wishes).catch(
    (error) => {
      if (shell.interrupted.aborted) return null;
      throw error;
    },
  );
  shell.terminal?.write('\r\u001b[K');
  if (scores === null) return INTERRUPTED;
  const summary = summariseScores(measure.metric, scores, flags.pool ?? MEAN);
  if (flags.json) outJson(shell, { ...summary, scores });
  else for (const line of renderScore(summary)) shell.out(line);
  return DONE;
}

async function measureOf({ metric = 'vmaf', vmafModel = 'auto' }: ScoreFlags): Promise<ScoreMeasure> {
  const { resolveMeasure } = await import('../engine/score/resolve-measure.ts');
  return resolveMeasure(metric === 'vmaf' ? { metric, model: vmafModel } : { metric });
}
