import type { Command } from 'commander';
import type { EncoderDefinition } from '../../src/encoder/encoder-definition.ts';
import { type Pooling, parsePooling } from '../../src/quality/pool-scores.ts';
import { crfRangeFor, type QualityTarget } from '../../src/quality/quality-target.ts';
import { parseScoreTarget } from '../../src/quality/score-target.ts';
import { WANTED_VMAF_MODELS, type WantedVmafModel } from '../../src/quality/vmaf-model.ts';
import { addValue, asText, decimalNumber, oneOf } from './flags.ts';
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
}

/** Flags that say how good every chunk is to look, instead of at which CRF it is encoded. */
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
    'the same by vmaf, xpsnr, ssim (dB) or psnr, as xpsnr=40 or ssim=17-18',
    asText,
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
  addValue(command, '--min-crf <n>', 'no chunk gets a lower one (default: 7 for SVT-AV1)', decimalNumber);
  addValue(command, '--max-crf <n>', 'no chunk gets a higher one (default: 51 for SVT-AV1)', decimalNumber);
}

/** The flags that mean nothing without a score to aim at. */
const DETAILS = ['tolerance', 'pool', 'vmafModel', 'minCrf', 'maxCrf'] as const;

/** What is aimed at, or null. Throws a sentence when the flags contradict each other or --crf. */
export function targetOf(
  flags: QualityFlags & { readonly crf?: number },
  { quality }: EncoderDefinition,
): QualityTarget | null {
  const { vmaf, target, crf, tolerance, pool, vmafModel = 'auto', minCrf = null, maxCrf = null } = flags;
  const wanted = vmaf === undefined ? target : `vmaf=${vmaf}`;
  if (wanted === undefined) {
    const idle = DETAILS.find((name) => flags[name] !== undefined);
    if (idle === undefined) return null;
    throw new UsageError(`--${dashed(idle)} means nothing without --vmaf or --target; give one of them.`);
  }
  if (vmaf !== undefined && target !== undefined) {
    throw new UsageError('--vmaf and --target contradict each other; a job aims at one score.');
  }
  const flag = vmaf === undefined ? '--target' : '--vmaf';
  if (crf !== undefined) {
    throw new UsageError(
      `--crf and ${flag} contradict each other: one gives every chunk the same CRF, the other each its own.`,
    );
  }
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
