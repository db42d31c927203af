import { type ColourWords, colourOption } from '../colour-words.ts';
import type { EncodeRun, EncoderDefinition } from '../encoder-definition.ts';
import { joinedOptions } from '../option-text.ts';
import { withoutPhotonNoise } from '../photon-noise.ts';
import { AOMENC_ALTERNATIVES, AOMENC_PARAMS } from './aomenc-params.ts';

/** libaom's own program. */
export const aomenc: EncoderDefinition = {
  title: 'aomenc',
  codec: 'av1',
  quality: { name: 'CQ level', min: 1, max: 63, decimals: 0 },
  presets: Array.from({ length: 7 }, (_, speed) => String(speed)),
  passes: {
    quality: 2,
    bitrate: 2,
    because:
      'a third fails in version 3.6 ("Memory allocation error"), and in 3.14 it writes what the second one wrote',
  },
  maxGrain: 50,
  bitDepth: 10,
  defaults: [
    [3, 28],
    [4, 30],
    [4, 32],
    [5, 33],
    [6, 35],
  ],
  params: AOMENC_PARAMS,
  alternatives: AOMENC_ALTERNATIVES,
  bytesPerPixel: () => 400,
  engine: {
    commands: ['aomenc'],
    variable: 'VADEIO_AOMENC',
    version: { ask: ['--help'], told: /AV1 Encoder v?(\S+)/ },
    stream: 'ivf',
    args,
    progress: /frame +\d+\/(\d+)/,
  },
};

function args({ settings, pass, statsPath, grainTablePath }: EncodeRun): string[] {
  const { preset, rate, passes, grain, params, picture } = settings;
  const { bitDepth, colour } = picture;
  const options = {
    'cpu-used': String(preset),
    // One and two write different bytes: it is a number here, and not the machine's.
    threads: '2',
    'bit-depth': String(bitDepth),
    passes: String(passes),
    ...(passes === 1 ? {} : { pass: String(pass), fpf: statsPath }),
    ...(rate.type === 'quality'
      ? { 'end-usage': 'q', 'cq-level': String(rate.value) }
      : { 'end-usage': 'vbr', 'target-bitrate': String(rate.kbps) }),
    // With --disable-kf: a keyframe first and none after it.
    'kf-max-dist': '1000000',
    ...(grain === 0 ? {} : { 'denoise-noise-level': String(grain) }),
    ...colourOption('color-primaries', PRIMARIES, colour.primaries),
    ...colourOption('transfer-characteristics', TRANSFERS, colour.transfer),
    ...colourOption('matrix-coefficients', MATRICES, colour.matrix),
    // Where chroma is stays with the container: of y4m it takes one place alone.
    ...withoutPhotonNoise(params),
    ...(grainTablePath === undefined ? {} : { 'film-grain-table': grainTablePath }),
  };
  return ['-', '-o', '-', '--ivf', '--codec=av1', '--good', '--disable-kf', ...joinedOptions(options)];
}

const PRIMARIES: ColourWords = [
  ...[null, 'bt709', null, null, 'bt470m', 'bt470bg', 'bt601', 'smpte240', 'film', 'bt2020'],
  ...['xyz', 'smpte431', 'smpte432'],
];
const TRANSFERS: ColourWords = [
  ...[null, 'bt709', null, null, 'bt470m', 'bt470bg', 'bt601', 'smpte240', 'lin', 'log100', 'log100sq10'],
  ...['iec61966', 'bt1361', 'srgb', 'bt2020-10bit', 'bt2020-12bit', 'smpte2084', 'smpte428', 'hlg'],
];
const MATRICES: ColourWords = [
  ...['identity', 'bt709', null, null, 'fcc73', 'bt470bg', 'bt601', 'smpte240', 'ycgco', 'bt2020ncl'],
  ...['bt2020cl', 'smpte2085', 'chromncl', 'chromcl', 'ictcp'],
];
