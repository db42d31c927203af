import { type ColourWords, colourOption, isFullRange } from '../colour-words.ts';
import type { EncodeRun, EncoderDefinition } from '../encoder-definition.ts';
import { contentLightText, masteringDisplayText } from '../hdr-text.ts';
import { longOptions } from '../option-text.ts';
import { RAV1E_ALTERNATIVES, RAV1E_PARAMS } from './rav1e-params.ts';

/** rav1e's own program. */
export const rav1e: EncoderDefinition = {
  title: 'rav1e',
  codec: 'av1',
  quality: { name: 'quantizer', min: 1, max: 255, decimals: 0 },
  presets: Array.from({ length: 11 }, (_, speed) => String(speed)),
  // Without a bitrate it refuses a second pass.
  passes: { quality: 1, bitrate: 2 },
  maxGrain: 0,
  bitDepth: 10,
  defaults: [
    [4, 90],
    [5, 95],
    [6, 100],
    [7, 105],
    [8, 110],
  ],
  params: RAV1E_PARAMS,
  alternatives: RAV1E_ALTERNATIVES,
  bytesPerPixel: () => 550,
  engine: {
    commands: ['rav1e'],
    variable: 'VADEIO_RAV1E',
    version: { ask: ['--version'], told: /rav1e (\S+)/ },
    stream: 'ivf',
    args,
    progress: /(\d+)(?:\/\d+)? frames,/,
  },
};

function args({ settings, threads, pass, statsPath }: EncodeRun): string[] {
  const { preset, rate, passes, params, picture } = settings;
  const { colour, masteringDisplay, contentLight } = picture;
  const options = {
    speed: String(preset),
    threads: String(threads),
    ...(rate.type === 'quality' ? { quantizer: String(rate.value) } : { bitrate: String(rate.kbps) }),
    ...(passes === 1 ? {} : { [pass === 1 ? 'first-pass' : 'second-pass']: statsPath }),
    // With --no-scene-detection: a keyframe first and none after it.
    keyint: '0',
    range: isFullRange(colour) ? 'Full' : 'Limited',
    ...colourOption('primaries', PRIMARIES, colour.primaries),
    ...colourOption('transfer', TRANSFERS, colour.transfer),
    ...colourOption('matrix', MATRICES, colour.matrix),
    ...(masteringDisplay === null ? {} : { 'mastering-display': masteringDisplayText(masteringDisplay) }),
    ...(contentLight === null ? {} : { 'content-light': contentLightText(contentLight) }),
    ...params,
  };
  return ['-', '-o', '-', '--no-scene-detection', ...longOptions(options)];
}

const PRIMARIES: ColourWords = [
  ...[null, 'BT709', null, null, 'BT470M', 'BT470BG', 'BT601', 'SMPTE240', 'GenericFilm', 'BT2020'],
  ...['XYZ', 'SMPTE431', 'SMPTE432'],
];
const TRANSFERS: ColourWords = [
  ...[null, 'BT709', null, null, 'BT470M', 'BT470BG', 'BT601', 'SMPTE240', 'Linear', 'Log100'],
  ...['Log100Sqrt10', 'IEC61966', 'BT1361', 'SRGB', 'BT2020_10Bit', 'BT2020_12Bit'],
  ...['SMPTE2084', 'SMPTE428', 'HLG'],
];
const MATRICES: ColourWords = [
  ...['Identity', 'BT709', null, null, 'FCC', 'BT470BG', 'BT601', 'SMPTE240', 'YCgCo', 'BT2020NCL'],
  ...['BT2020CL', 'SMPTE2085', 'ChromatNCL', 'ChromatCL', 'ICtCp'],
];
