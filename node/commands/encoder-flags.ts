import type { Command } from 'commander';
import { checkSettings, parsePreset } from '../../src/encoder/check-settings.ts';
import { type EncoderDefinition, isHardware, isProgram } from '../../src/encoder/encoder-definition.ts';
import {
  DEFAULT_ENCODER,
  ENCODER_NAMES,
  type EncoderName,
  encoderOf,
  parseEncoderName,
} from '../../src/encoder/encoders.ts';
import { parseEncoderParams } from '../../src/encoder/params.ts';
import { PHOTON_NOISE, PHOTON_NOISE_ISO } from '../../src/encoder/photon-noise.ts';
import type { JobOptions } from '../../src/protocol/control-api.ts';
import { candidatesOf } from '../../src/quality/param-trial.ts';
import { addSwitch, addValue, asText, decimalNumber, wholeNumber } from './flags.ts';
import { type Aims, addQualityFlags, aimsOf, paramTrialOf, type QualityFlags } from './quality-flags.ts';
import { UsageError } from './shell.ts';

/** Values of the flags as commander gives them. */
export interface EncoderFlags extends QualityFlags {
  readonly encoder?: EncoderName;
  readonly preset?: string;
  readonly crf?: number;
  readonly passes?: number;
  readonly grainsynth?: number;
  readonly photonNoise?: number;
  readonly autograin?: boolean;
  readonly encoderParams?: string;
  readonly bitDepth?: number;
}

type EncoderOptions = Pick<
  JobOptions,
  'encoder' | 'preset' | 'crf' | keyof Aims | 'autoparam' | 'passes' | 'grain' | 'encoderParams' | 'bitDepth'
>;

const PROGRAMS = ENCODER_NAMES.filter((name) => isProgram(encoderOf(name).engine));
const HARDWARE = ENCODER_NAMES.filter((name) => isHardware(encoderOf(name).engine));
const EMBEDDED = ENCODER_NAMES.filter((name) => !PROGRAMS.includes(name) && !HARDWARE.includes(name));

const GRAIN_TABLES = ENCODER_NAMES.filter((name) =>
  Object.hasOwn(encoderOf(name).params.known, PHOTON_NOISE),
);

/** Flags that say how the picture is encoded. */
export function addEncoderFlags(command: Command): void {
  const { presets, quality, maxGrain } = encoderOf(DEFAULT_ENCODER);
  addValue(
    command,
    '--encoder <name>',
    `inside: ${EMBEDDED.join(', ')}; programs of their own, where a machine has them: ${PROGRAMS.join(', ')}; in hardware, where a machine has it: ${HARDWARE.join(', ')} (default: ${DEFAULT_ENCODER})`,
    parseEncoderName,
  );
  addValue(
    command,
    '--preset <name>',
    `speed in the encoder's own words: ${presets[0]} (slowest, smallest) to ${presets.at(-1)} for SVT-AV1, slow or fast for x265 (default: by picture size)`,
    asText,
  );
  addValue(
    command,
    '--crf <n>',
    `quality on the encoder's own scale: ${quality.min} (best) to ${quality.max} for SVT-AV1 (default: by picture size)`,
    decimalNumber,
  );
  addQualityFlags(command);
  addValue(command, '--passes <n>', 'passes over each chunk, 1 to 3 (default: 1)', wholeNumber(1, 3));
  addValue(
    command,
    '--grainsynth <n>',
    `synthesised film grain, 0 (none) to ${maxGrain} (default: 0)`,
    wholeNumber(0, maxGrain),
  );
  addValue(
    command,
    '--photon-noise <iso>',
    `film grain as of a camera at this ISO, ${PHOTON_NOISE_ISO.min} to ${PHOTON_NOISE_ISO.max}, with ${GRAIN_TABLES.join(' or ')}`,
    wholeNumber(PHOTON_NOISE_ISO.min, PHOTON_NOISE_ISO.max),
  );
  addSwitch(
    command,
    'autograin',
    false,
    'synthesise as much grain as the flat areas of the source have, and leave its own out',
  );
  addValue(command, '--encoder-params <list>', "the encoder's own key=value:key=value list", asText);
  addValue(
    command,
    '--bit-depth <n>',
    'bits of the encoded picture, 8 or 10 (default: 10, for H.264 8)',
    eightOrTen,
  );
}

function withPhotonNoise(
  params: Readonly<Record<string, string>>,
  { photonNoise }: EncoderFlags,
  encoder: EncoderName,
): Readonly<Record<string, string>> {
  if (photonNoise === undefined) return params;
  if (!GRAIN_TABLES.includes(encoder)) {
    throw new Error(
      `${encoderOf(encoder).title} takes no table of film grain. Use --grainsynth, or one of these with --encoder: ${GRAIN_TABLES.join(', ')}.`,
    );
  }
  const all = { ...params, [PHOTON_NOISE]: String(photonNoise) };
  return Object.fromEntries(Object.entries(all).sort(([a], [b]) => (a < b ? -1 : 1)));
}

/** What the flags ask for. Throws a UsageError when the encoder does not take it. */
export function encoderOptionsOf(flags: EncoderFlags): EncoderOptions {
  const name = flags.encoder ?? DEFAULT_ENCODER;
  const encoder = encoderOf(name);
  try {
    const preset = flags.preset === undefined ? null : parsePreset(flags.preset, encoder);
    const params = withPhotonNoise(parseEncoderParams(flags.encoderParams ?? '', encoder), flags, name);
    const { crf = null, passes = 1, bitDepth = encoder.bitDepth } = flags;
    const grain = grainOf(flags, encoder);
    const aims = aimsOf(flags, encoder);
    const autoparam = paramTrialOf(flags, aims);
    if (autoparam !== null) candidatesOf(encoder, params);
    const value = crf ?? encoder.quality.max;
    checkSettings({
      encoder: name,
      preset: preset ?? 0,
      rate: { type: 'quality', value },
      passes,
      grain: grain === 'auto' ? 0 : grain,
      params,
    });
    return {
      encoder: name,
      preset,
      crf,
      ...aims,
      autoparam,
      passes,
      grain,
      encoderParams: params,
      bitDepth: bitDepth === 8 ? 8 : 10,
    };
  } catch (error) {
    throw new UsageError(error instanceof Error ? error.message : String(error));
  }
}

function grainOf(
  { grainsynth, photonNoise, autograin }: EncoderFlags,
  { title, maxGrain }: EncoderDefinition,
): number | 'auto' {
  if (autograin !== true) return grainsynth ?? 0;
  if (grainsynth !== undefined || photonNoise !== undefined) {
    const other = grainsynth === undefined ? '--photon-noise' : '--grainsynth';
    throw new Error(`--autograin and ${other} contradict each other; use one of them.`);
  }
  if (maxGrain === 0)
    throw new Error(`${title} makes no film grain; use --encoder svt-av1 with --autograin.`);
  return 'auto';
}

function eightOrTen(text: string): number {
  if (text === '8' || text === '10') return Number(text);
  throw new Error('Expected 8 or 10.');
}
