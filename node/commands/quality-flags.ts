import type { Command } from 'commander';
import type { EncoderDefinition } from '../../src/encoder/encoder-definition.ts';
import type { Allocation } from '../../src/quality/allocation.ts';
import type { Ladder } from '../../src/quality/ladder.ts';
import { METRIC_NAMES, METRICS, type MetricName } from '../../src/quality/metric.ts';
import type { ParamTrial } from '../../src/quality/param-trial.ts';
import { type Pooling, parsePooling } from '../../src/quality/pool-scores.ts';
import { crfRangeFor, type QualityTarget } from '../../src/quality/quality-target.ts';
import { parseScoreTarget } from '../../src/quality/score-target.ts';
import type { Budget, SizeGoal } from '../../src/quality/size-goal.ts';
import { WANTED_VMAF_MODELS, type WantedVmafModel } from '../../src/quality/vmaf-model.ts';
import { addSwitch, addValue, asText, byteSize, decimalNumber, oneOf } from './flags.ts';
import { UsageError } from './shell.ts';

/** Values of the flags as commander gives them. */
export interface QualityFlags {
  readonly vmaf?: string;
  readonly target?: string;
  readonly tolerance?: number;
  readonly pool?: Pooling;
  readonly vmafModel?: WantedVmafModel;
  readonly minCrf?: number;
  readonly maxCrf?: number;
  readonly bitrate?: number;
  readonly targetSize?: number;
  readonly allocate?: boolean;
  readonly metric?: MetricName;
  readonly autobitrate?: boolean;
  readonly autobitrateladder?: boolean;
  readonly ssimDbTarget?: number;
  readonly autoparam?: boolean;
}

/** Flags that say how good every chunk is to look or what the film may take, instead of a CRF. */
export function addQualityFlags(command: Command): void {
  addValue(
    command,
    '--vmaf <score>',
    'give each chunk the CRF at which it has this VMAF, as 96 or 95-97; instead of --crf',
    asText,
  );
  addValue(
    command,
    '--target <metric=score>',
    'the same by vmaf, xpsnr, ssim (dB), psnr or ssimulacra2, as xpsnr=40 or ssim=17-18',
    asText,
  );
  addValue(
    command,
    '--bitrate <rate>',
    'give the chunks CRFs at which the whole video has this bitrate on average, as 1500k or 2.5M; instead of --crf',
    videoBitrate,
  );
  addValue(
    command,
    '--target-size <size>',
    'the same for the size of the file, sound and all, as 700MB or 4GB',
    byteSize,
  );
  addSharingFlags(command);
  addSwitch(
    command,
    'autoparam',
    false,
    'try encoder options on samples of the film, print what each is worth, and encode with those that save bits for the same score',
  );
  addValue(
    command,
    '--tolerance <n>',
    'how far a chunk’s score may be off (default: 0.4 VMAF, or about one CRF)',
    decimalNumber,
  );
  addValue(
    command,
    '--pool <how>',
    'a chunk’s score is of its frames’ the mean, harmonic, min or p5 (default: mean)',
    parsePooling,
  );
  addValue(
    command,
    '--vmaf-model <name>',
    `${WANTED_VMAF_MODELS.join(', ')} (default: auto, by picture size)`,
    oneOf(WANTED_VMAF_MODELS),
  );
  addValue(
    command,
    '--min-crf <n>',
    'no chunk gets a lower one (default of a score with SVT-AV1: 7)',
    decimalNumber,
  );
  addValue(
    command,
    '--max-crf <n>',
    'no chunk gets a higher one (default of a score with SVT-AV1: 51)',
    decimalNumber,
  );
}

/** Flags that say how the bits of a film are shared out among its chunks. */
function addSharingFlags(command: Command): void {
  addSwitch(
    command,
    'allocate',
    false,
    'try all chunks at several CRFs, then meet the score (as the mean of the film), bitrate or size where bits do most',
  );
  addValue(
    command,
    '--metric <name>',
    `what --allocate compares chunks by, and --autoparam encodes, where no score is asked for: ${METRIC_NAMES.join(', ')} (default: vmaf)`,
    oneOf(METRIC_NAMES),
  );
  addSwitch(
    command,
    'autobitrateladder',
    false,
    'find the bitrate at which samples of the film have the mean --vmaf or --target, then meet it as --bitrate does',
  );
  addSwitch(
    command,
    'autobitrate',
    false,
    'give every chunk the bits it needs to be as good as the others by SSIM, half to 1.35 times the mean; total by --bitrate or --target-size',
  );
  addValue(
    command,
    '--ssim-db-target <dB>',
    'with --autobitrate: no chunk need be better, and the file may stay smaller',
    decimalNumber,
  );
}

/** The flags that mean nothing without a score to aim at. */
const DETAILS = ['tolerance', 'pool', 'vmafModel', 'minCrf', 'maxCrf'] as const;

/** What each says that aims at something: only one of them may be given. */
const AIMS = {
  crf: '--crf',
  vmaf: '--vmaf',
  target: '--target',
  bitrate: '--bitrate',
  targetSize: '--target-size',
};

/** Throws a sentence when flags contradict each other, or mean nothing without one that is not there. */
function checkAims(flags: QualityFlags & { readonly crf?: number }): void {
  const given = (Object.keys(AIMS) as (keyof typeof AIMS)[]).filter((name) => flags[name] !== undefined);
  const [first, second] = given;
  if (first !== undefined && second !== undefined) {
    throw new UsageError(
      `${AIMS[first]} and ${AIMS[second]} contradict each other; a job aims at one CRF, score, bitrate or size.`,
    );
  }
  checkAllocate(flags, first);
  checkAutobitrate(flags, first);
  checkLadder(flags, first);
}

/**
 * Throws a sentence where flags say how a score is met and none is aimed at, by the film or by a zone of it.
 *
 * @param isZoneScored whether a zone has a score of its own.
 */
export function refuseIdleDetails(flags: QualityFlags, isZoneScored: boolean): void {
  const isScored = flags.vmaf !== undefined || flags.target !== undefined || isZoneScored;
  const isSearched = isScored || flags.bitrate !== undefined || flags.targetSize !== undefined;
  for (const name of DETAILS) {
    const isBound =
      name === 'minCrf' || name === 'maxCrf' || (name === 'vmafModel' && flags.allocate === true);
    const isOfTrial = name === 'vmafModel' && flags.autoparam === true;
    const isOfUse = (isBound ? isSearched : isScored) || isOfTrial;
    if (flags[name] === undefined || isOfUse) continue;
    throw new UsageError(`--${dashed(name)} means nothing without --vmaf or --target; give one of them.`);
  }
}

function checkAutobitrate(flags: QualityFlags, aim: keyof typeof AIMS | undefined): void {
  if (flags.autobitrate !== true) {
    if (flags.ssimDbTarget === undefined) return;
    throw new UsageError(
      '--ssim-db-target means nothing without --autobitrate; --target ssim=17 gives each chunk that score, whatever it takes.',
    );
  }
  if (flags.allocate === true) {
    throw new UsageError(
      '--allocate and --autobitrate contradict each other: one has the best mean, the other chunks that are equally good.',
    );
  }
  if (aim !== 'bitrate' && aim !== 'targetSize') {
    throw new UsageError('--autobitrate shares out bits; say how many with --bitrate or --target-size.');
  }
  const { least, most } = METRICS.ssim;
  const { ssimDbTarget = least } = flags;
  if (ssimDbTarget >= least && ssimDbTarget < most) return;
  throw new UsageError(
    `An SSIM of ${ssimDbTarget} dB is not to be had: expected at least ${least} and less than ${most} dB.`,
  );
}

function checkAllocate(flags: QualityFlags, aim: keyof typeof AIMS | undefined): void {
  const isOfBytes = aim === 'bitrate' || aim === 'targetSize';
  const isOfScore = aim === 'vmaf' || aim === 'target';
  const compares = (flags.allocate === true && isOfBytes) || (flags.autoparam === true && !isOfScore);
  if (flags.metric !== undefined && !compares) {
    throw new UsageError(
      '--metric means nothing without --autoparam, or --allocate with --bitrate or --target-size; a score says itself what it is of.',
    );
  }
  if (flags.allocate !== true) return;
  if (aim === undefined) {
    throw new UsageError(
      '--allocate says how a goal is met, not which: give --vmaf, --target, --bitrate or --target-size, too.',
    );
  }
  if (aim === 'crf') {
    throw new UsageError('--crf and --allocate contradict each other; one gives all chunks the same CRF.');
  }
  checkOneMean(flags, 'allocate');
}

/** What the job aims at: one of these, or none. */
export interface Aims {
  readonly target: QualityTarget | null;
  readonly budget: Budget | null;
  readonly ladder: Ladder | null;
  readonly allocation: Allocation | null;
}

/** Throws a sentence when the flags contradict each other. */
export function aimsOf(flags: QualityFlags & { readonly crf?: number }, encoder: EncoderDefinition): Aims {
  checkAims(flags);
  const target = targetOf(flags, encoder);
  const budget = budgetOf(flags, encoder);
  const none = { target: null, budget: null, ladder: null, allocation: null };
  if (budget !== null && flags.autobitrate === true) {
    const { goal, ...bounds } = budget;
    const rule = { type: 'equal', mostScore: flags.ssimDbTarget ?? null } as const;
    return { ...none, allocation: { rule, goal, metric: 'ssim', model: 'auto', ...bounds } };
  }
  if (target !== null && flags.autobitrateladder === true) {
    const { metric, aim, model, minCrf, maxCrf } = target;
    return { ...none, ladder: { metric, aim, model, minCrf, maxCrf } };
  }
  if (flags.allocate !== true) return { ...none, target, budget };
  const rule = { type: 'slope' } as const;
  if (budget !== null) {
    const { metric = 'vmaf', vmafModel: model = 'auto' } = flags;
    if (flags.vmafModel !== undefined && metric !== 'vmaf') {
      throw new UsageError(`--vmaf-model means nothing for ${metric}; leave it out.`);
    }
    return { ...none, allocation: { rule, metric, model, ...budget } };
  }
  if (target === null) return none;
  const { aim, metric, model, minCrf, maxCrf } = target;
  const goal = { type: 'score', aim } as const;
  return { ...none, allocation: { rule, goal, metric, model, minCrf, maxCrf } };
}

/** By what encoder options are compared: by what the chunks are, where a score is aimed at. Throws a sentence. */
export function paramTrialOf(
  { autoparam, metric, vmafModel }: QualityFlags,
  { target, ladder, allocation }: Aims,
): ParamTrial | null {
  if (autoparam !== true) return null;
  const aimed = target ?? ladder ?? allocation;
  if (aimed !== null) return { metric: aimed.metric, model: aimed.model };
  if (vmafModel !== undefined && metric !== undefined && metric !== 'vmaf') {
    throw new UsageError(`--vmaf-model means nothing for ${metric}; leave it out.`);
  }
  return { metric: metric ?? 'vmaf', model: vmafModel ?? 'auto' };
}

/** `--allocate` and `--autobitrateladder` aim at one mean of the film. */
function checkOneMean(flags: QualityFlags, name: string): void {
  const [, low, high] = /(\d[\d.]*)-(\d[\d.]*)$/.exec(flags.vmaf ?? flags.target ?? '') ?? [];
  if (high !== undefined) {
    throw new UsageError(
      `--${name} aims at one mean score, not at a range; give ${(Number(low) + Number(high)) / 2} or another number.`,
    );
  }
  for (const detail of ['tolerance', 'pool'] as const) {
    if (flags[detail] === undefined) continue;
    throw new UsageError(
      `--${detail} and --${name} contradict each other; it aims at the mean over the whole film, not at each chunk.`,
    );
  }
}

function checkLadder(flags: QualityFlags, aim: keyof typeof AIMS | undefined): void {
  if (flags.autobitrateladder !== true) return;
  if (flags.allocate === true || flags.autobitrate === true) {
    throw new UsageError(
      `--autobitrateladder and --${flags.allocate === true ? 'allocate' : 'autobitrate'} contradict each other; give one of them.`,
    );
  }
  if (aim !== 'vmaf' && aim !== 'target') {
    throw new UsageError(
      '--autobitrateladder looks for the bitrate of a score; give that with --vmaf or --target, and no bitrate.',
    );
  }
  checkOneMean(flags, 'autobitrateladder');
}

/** What the film may take, or null. Throws a sentence. */
function budgetOf(flags: QualityFlags, { quality }: EncoderDefinition): Budget | null {
  const { bitrate, targetSize, minCrf = null, maxCrf = null } = flags;
  if (bitrate === undefined && targetSize === undefined) return null;
  if (targetSize === 0)
    throw new UsageError('--target-size 0 leaves no room for a film; name a size as 700MB.');
  crfRangeFor({ minCrf, maxCrf }, quality);
  const goal: SizeGoal =
    bitrate === undefined ? { type: 'size', bytes: targetSize ?? 0 } : { type: 'bitrate', kbps: bitrate };
  return { goal, minCrf, maxCrf };
}

/** What is aimed at, or null. Throws a sentence. */
export function targetOf(flags: QualityFlags, { quality }: EncoderDefinition): QualityTarget | null {
  const { vmaf, target, tolerance, pool, vmafModel = 'auto', minCrf = null, maxCrf = null } = flags;
  const wanted = vmaf === undefined ? target : `vmaf=${vmaf}`;
  if (wanted === undefined) return null;
  const score = parseScoreTarget(wanted, {
    ...(pool === undefined ? {} : { pooling: pool }),
    ...(tolerance === undefined ? {} : { tolerance }),
  });
  if (flags.vmafModel !== undefined && score.metric !== 'vmaf') {
    throw new UsageError(`--vmaf-model means nothing for ${score.metric}; leave it out.`);
  }
  crfRangeFor({ minCrf, maxCrf }, quality);
  return { ...score, model: vmafModel, minCrf, maxCrf };
}

function dashed(name: string): string {
  return name.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);
}

/** `1500k` or `2.5M`, in kb/s. Without its unit a number could be either. */
function videoBitrate(text: string): number {
  const [, number, unit] = /^(\d+(?:\.\d+)?)([km])$/i.exec(text) ?? [];
  const kbps = Number(number) * (unit?.toLowerCase() === 'm' ? 1000 : 1);
  if (kbps > 0) return kbps;
  throw new Error('Expected bits a second such as 1500k or 2.5M.');
}
