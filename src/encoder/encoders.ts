import type { EncoderDefinition } from './encoder-definition.ts';
import { aomenc } from './encoders/aomenc.ts';
import { av1Amf } from './encoders/av1-amf.ts';
import { av1Nvenc } from './encoders/av1-nvenc.ts';
import { av1Qsv } from './encoders/av1-qsv.ts';
import { av1Vaapi } from './encoders/av1-vaapi.ts';
import { hevcVideotoolbox } from './encoders/hevc-videotoolbox.ts';
import { rav1e } from './encoders/rav1e.ts';
import { svtAv1 } from './encoders/svt-av1.ts';
import { svtav1encapp } from './encoders/svtav1encapp.ts';
import { vvenc } from './encoders/vvenc.ts';
import { x264 } from './encoders/x264.ts';
import { x264Cli } from './encoders/x264-cli.ts';
import { x265 } from './encoders/x265.ts';
import { x265Cli } from './encoders/x265-cli.ts';
import { nearestWord } from './params.ts';

/** Every encoder, by the name that `--encoder` takes. */
export const ENCODERS = {
  'svt-av1': svtAv1,
  x265,
  x264,
  svtav1encapp,
  aomenc,
  rav1e,
  'x265-cli': x265Cli,
  'x264-cli': x264Cli,
  vvenc,
  'av1-nvenc': av1Nvenc,
  'av1-qsv': av1Qsv,
  'av1-amf': av1Amf,
  'av1-vaapi': av1Vaapi,
  'hevc-videotoolbox': hevcVideotoolbox,
} as const satisfies Readonly<Record<string, EncoderDefinition>>;

export type EncoderName = keyof typeof ENCODERS;

export const ENCODER_NAMES = Object.keys(ENCODERS) as [EncoderName, ...EncoderName[]];

/** AV1, on every machine, with nothing to install. */
export const DEFAULT_ENCODER: EncoderName = 'svt-av1';

export function encoderOf(name: EncoderName): EncoderDefinition {
  return ENCODERS[name];
}

/** The encoder that the user named. Throws a sentence when there is none of that name. */
export function parseEncoderName(text: string): EncoderName {
  const name = ENCODER_NAMES.find((known) => known === text);
  if (name !== undefined) return name;
  const near = nearestWord(text.toLowerCase(), ENCODER_NAMES);
  const hint = near === null ? `Known are ${ENCODER_NAMES.join(', ')}.` : `Did you mean ${near}?`;
  throw new Error(`The encoder ${text} is not known. ${hint}`);
}
