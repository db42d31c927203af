import { type ColourWords, colourOption, isFullRange, PRIMARIES, TRANSFERS } from '../colour-words.ts';
import type { EncodeRun, EncoderDefinition } from '../encoder-definition.ts';
import { contentLightText, masteringDisplayNumbers } from '../hdr-text.ts';
import { longOptions } from '../option-text.ts';
import { VVENC_ALTERNATIVES, VVENC_PARAMS } from './vvenc-params.ts';

/** Fraunhofer's encoder of H.266 (VVC). */
export const vvenc: EncoderDefinition = {
  title: 'vvencapp',
  codec: 'vvc',
  quality: { name: 'QP', min: 1, max: 63, decimals: 0 },
  presets: ['slower', 'slow', 'medium', 'fast', 'faster'],
  passes: { quality: 1, bitrate: 2 },
  maxGrain: 0,
  bitDepth: 10,
  defaults: [
    [2, 29],
    [3, 30],
    [3, 31],
    [4, 32],
    [4, 33],
  ],
  params: VVENC_PARAMS,
  alternatives: VVENC_ALTERNATIVES,
  bytesPerPixel: () => 650,
  engine: {
    commands: ['vvencapp'],
    variable: 'VADEIO_VVENC',
    version: { ask: ['--version'], told: /version (\S+)/ },
    stream: 'annex-b',
    // Into its standard output it writes words.
    isIntoFile: true,
    args,
    progress: /frame= *(\d+)/,
  },
};

function args({ settings, pass, statsPath }: EncodeRun, outputPath: string): string[] {
  const { preset, rate, passes, params, picture } = settings;
  const { bitDepth, colour } = picture;
  const options = {
    output: outputPath,
    preset: vvenc.presets[preset] as string,
    'internal-bitdepth': String(bitDepth),
    // It writes the same on one, two and four; tiles, which it takes by the number of threads, would change that.
    threads: '2',
    ...(rate.type === 'quality'
      ? { qp: String(rate.value) }
      : { bitrate: `${rate.kbps}k`, passes: String(passes) }),
    ...(passes === 1 ? {} : { pass: String(pass), rcstatsfile: statsPath }),
    // A keyframe first and none after it, and no picture is shown before it.
    refreshtype: 'idr_no_radl',
    intraperiod: '1000000',
    range: isFullRange(colour) ? 'full' : 'limited',
    ...params,
  };
  const words = Object.entries(colourWords(settings.picture)).map(([key, value]) => `${key}=${value}`);
  return [
    ...['--input', '-', '--y4m', '--accessunitdelimiter', '1', ...longOptions(options)],
    ...(words.length === 0 ? [] : ['--additional', words.join(':')]),
  ];
}

function colourWords({
  colour,
  sampleAspectRatio,
  masteringDisplay,
  contentLight,
}: EncodeRun['settings']['picture']) {
  const { num, den } = sampleAspectRatio;
  const described = {
    ...colourOption('ColourPrimaries', PRIMARIES, colour.primaries),
    ...colourOption('TransferCharacteristics', TRANSFERS, colour.transfer),
    ...colourOption('MatrixCoefficients', MATRICES, colour.matrix),
  };
  return {
    ...(Object.keys(described).length === 0 ? {} : { ColourDescriptionPresent: '1', ...described }),
    // FFmpeg counts from 1 what H.266 counts from 0.
    ...(colour.chromaLocation === 0 ? {} : { ChromaSampleLocType: String(colour.chromaLocation - 1) }),
    ...(num > 0 && den > 0 && num !== den ? { Sar: `${num}x${den}` } : {}),
    ...(masteringDisplay === null
      ? {}
      : { MasteringDisplayColourVolume: masteringDisplayNumbers(masteringDisplay) }),
    ...(contentLight === null ? {} : { MaxContentLightLevel: contentLightText(contentLight) }),
  };
}

const MATRICES: ColourWords = [
  ...['gbr', 'bt709', null, null, 'fcc', 'bt470bg', 'smpte170m', 'smpte240m', 'ycgco', 'bt2020nc'],
  ...['bt2020c', 'smpte2085', 'chroma-derived-nc', 'chroma-derived-c', 'ictcp'],
];
