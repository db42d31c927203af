import { type ColourWords, colourOption, isFullRange } from '../colour-words.ts';
import type { EncodeRun, EncoderDefinition } from '../encoder-definition.ts';
import { contentLightText, masteringDisplayText } from '../hdr-text.ts';
import { longOptions } from '../option-text.ts';
import { withoutPhotonNoise } from '../photon-noise.ts';
import { svtAv1 } from './svt-av1.ts';
import { SVTAV1ENCAPP_ALTERNATIVES, SVTAV1ENCAPP_PARAMS } from './svtav1encapp-params.ts';

/** SVT-AV1's own program, of any version, and its forks', which go by the same name. */
export const svtav1encapp: EncoderDefinition = {
  ...svtAv1,
  title: 'SvtAv1EncApp',
  // A third pass, and a second one at a constant quality, are gone in 3.0: that build then says so.
  passes: { quality: 2, bitrate: 3, because: 'more it refuses itself ("CRF does not support 3-pass")' },
  params: SVTAV1ENCAPP_PARAMS,
  alternatives: SVTAV1ENCAPP_ALTERNATIVES,
  engine: {
    commands: ['SvtAv1EncApp'],
    variable: 'VADEIO_SVTAV1ENCAPP',
    version: { ask: ['--version'], told: /SVT-AV1\S*(?: Encoder Lib)? v?(\S+)/ },
    stream: 'ivf',
    args,
    progress: /Encoding(?: frame|:)\s+(\d+)/,
  },
};

function args({ settings, pass, statsPath, grainTablePath }: EncodeRun): string[] {
  const { preset, rate, passes, grain, params, picture } = settings;
  const { colour, masteringDisplay, contentLight } = picture;
  const options = {
    preset: String(preset),
    // Beside a bitrate one and two write different bytes: it is a number here, and not the machine's.
    lp: '2',
    // Unless told so, older builds pin all chunks of a machine to the same cores.
    pin: '0',
    // A keyframe first and none after it; an endless GOP is refused beside a bitrate.
    ...(rate.type === 'quality'
      ? { rc: '0', crf: String(rate.value), keyint: '-1' }
      : { rc: '1', tbr: String(rate.kbps), keyint: '1000000' }),
    'irefresh-type': '2',
    scd: '0',
    ...(passes === 1 ? {} : { pass: String(pass), stats: statsPath }),
    ...(grain === 0 ? {} : { 'film-grain': String(grain) }),
    'color-primaries': String(colour.primaries),
    'transfer-characteristics': String(colour.transfer),
    'matrix-coefficients': String(colour.matrix),
    'color-range': isFullRange(colour) ? '1' : '0',
    ...colourOption('chroma-sample-position', SITES, colour.chromaLocation),
    ...(masteringDisplay === null ? {} : { 'mastering-display': masteringDisplayText(masteringDisplay) }),
    ...(contentLight === null ? {} : { 'content-light': contentLightText(contentLight) }),
    ...withoutPhotonNoise(params),
    ...(grainTablePath === undefined ? {} : { 'fgs-table': grainTablePath }),
  };
  return ['-i', '-', '-b', '-', '--progress', '2', ...longOptions(options)];
}

/** By FFmpeg's number of where chroma is. */
const SITES: ColourWords = [null, 'left', null, 'topleft'];
