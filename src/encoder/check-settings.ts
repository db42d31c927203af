import type { EncoderDefinition } from './encoder-definition.ts';
import { encoderOf } from './encoders.ts';
import { checkEncoderParams } from './params.ts';
import { PHOTON_NOISE } from './photon-noise.ts';
import type { EncodeSettings, Rate } from './settings.ts';

/** Bits a second that a bitrate may be: from what still shows a picture to what no home source has. */
export const BITRATE_RANGE = { min: 10, max: 400_000 } as const;

/** What of the settings is the encoder's business alone. */
type CodingSettings = Omit<EncodeSettings, 'picture' | 'filtering'>;

/**
 * Checks everything of the settings but the picture against what the encoder takes, wherever they came from.
 *
 * @throws a sentence: what was got, what was expected.
 */
export function checkSettings(settings: CodingSettings): void {
  const encoder = encoderOf(settings.encoder);
  const { title, presets } = encoder;
  checkWhole(`${title}'s preset`, settings.preset, 0, presets.length - 1);
  checkRate(settings.rate, encoder);
  checkPasses(settings, encoder);
  if (settings.grain !== 0 && encoder.maxGrain === 0) {
    throw new Error(`${title} makes no film grain, ${settings.grain} was asked for.`);
  }
  checkWhole(`${title}'s film grain`, settings.grain, 0, encoder.maxGrain);
  checkEncoderParams(settings.params, encoder);
  if (settings.grain !== 0 && settings.params[PHOTON_NOISE] !== undefined) {
    throw new Error('Film grain comes from --grainsynth or from --photon-noise; give one of them.');
  }
}

/** The position of a preset that the user named by its name or number. Throws a sentence when the encoder has none such. */
export function parsePreset(text: string, { title, presets }: EncoderDefinition): number {
  const named = presets.indexOf(text);
  if (named >= 0) return named;
  throw new Error(`${title} has no preset ${text}. Its presets, slowest first: ${presets.join(', ')}.`);
}

function checkRate(rate: Rate, { title, quality }: EncoderDefinition): void {
  if (rate.type === 'bitrate') {
    return checkWhole('The bitrate in kb/s', rate.kbps, BITRATE_RANGE.min, BITRATE_RANGE.max);
  }
  const { name, min, max, decimals } = quality;
  if (decimals === 0) return checkWhole(`${title}'s ${name}`, rate.value, min, max);
  const isExact = Number(rate.value.toFixed(decimals)) === rate.value;
  if (isExact && rate.value >= min && rate.value <= max) return;
  throw new Error(
    `${title}'s ${name} is ${rate.value}, expected a number from ${min} to ${max} with at most ${decimals} digit behind the point.`,
  );
}

function checkPasses({ passes, rate }: CodingSettings, encoder: EncoderDefinition): void {
  const most = encoder.passes[rate.type];
  if (Number.isInteger(passes) && passes >= 1 && passes <= most) return;
  const aim = rate.type === 'quality' ? `a constant ${encoder.quality.name}` : 'a bitrate';
  const can = most === 1 ? 'one pass' : `1 to ${most} passes`;
  const { because } = encoder.passes;
  const why = because === undefined || rate.type === 'bitrate' ? '' : `: ${because}`;
  throw new Error(`${encoder.title} makes ${can} at ${aim}, ${passes} were asked for${why}.`);
}

function checkWhole(name: string, value: number, min: number, max: number): void {
  if (Number.isInteger(value) && value >= min && value <= max) return;
  throw new Error(`${name} is ${value}, expected a whole number from ${min} to ${max}.`);
}
