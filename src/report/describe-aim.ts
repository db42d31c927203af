import type { JobOptions } from '../protocol/control-api.ts';
import { formatScore, type MetricName } from '../quality/metric.ts';
import { measureFor, type ScoredPicture } from '../quality/quality-target.ts';
import { type FilmSize, pictureBytes } from '../quality/size-goal.ts';
import type { WantedVmafModel } from '../quality/vmaf-model.ts';
import { describeAllocation } from './allocation.ts';
import { formatBytes } from './format.ts';
import { describeTarget } from './quality.ts';

/** What a job aims at, a sentence; none where a CRF says all. Throws a sentence for a picture that cannot be scored so. */
export function describeAim(
  { target, budget, ladder, allocation }: JobOptions,
  picture: ScoredPicture,
): readonly string[] {
  if (target !== null) return [`Aimed at is ${describeTarget(target)}${byModel(target, picture)}.`];
  if (allocation !== null)
    return [`Aimed at is ${describeAllocation(allocation)}${byModel(allocation, picture)}.`];
  if (ladder !== null) {
    const score = formatScore(ladder.metric, ladder.aim);
    return [
      `Aimed at is the bitrate at which samples of the film have ${score} on average${byModel(ladder, picture)}.`,
    ];
  }
  if (budget === null) return [];
  const { goal } = budget;
  return goal.type === 'bitrate'
    ? [`Aimed at is a video of ${goal.kbps} kb/s.`]
    : [`Aimed at is a file of ${formatBytes(goal.bytes)}, with all it holds.`];
}

/** Why no CRF makes a file as small as it is to be, a sentence; none where its picture has room. */
export function describeNoRoom(
  { budget, allocation }: Pick<JobOptions, 'budget' | 'allocation'>,
  film: FilmSize,
): readonly string[] {
  const goal = budget?.goal ?? allocation?.goal;
  if (goal?.type !== 'size' || pictureBytes(goal, film) > 0) return [];
  return [
    `What the file holds beside its picture takes about ${formatBytes(film.otherBytes)} of the ${formatBytes(goal.bytes)} that were asked for, which leaves the picture no room: it gets as few bits as can be. Leave sound out (--no-audio, --audio-tracks), transcode it (--audio-params), or ask for more.`,
  ];
}

/** `, by the model hd`: which was chosen by the picture's size shows nowhere else. */
function byModel(
  wanted: { readonly metric: MetricName; readonly model: WantedVmafModel },
  picture: ScoredPicture,
): string {
  const measure = measureFor(wanted, picture);
  return measure.metric === 'vmaf' ? `, by the model ${measure.model}` : '';
}
