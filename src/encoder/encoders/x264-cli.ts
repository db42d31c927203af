import { aspectOption, siteOption } from '../annex-b-options.ts';
import { type ColourWords, colourOption, isFullRange, PRIMARIES, TRANSFERS } from '../colour-words.ts';
import type { EncodeRun, EncoderDefinition } from '../encoder-definition.ts';
import { longOptions, longOptionsOrSwitches } from '../option-text.ts';
import { x264, x264Own } from './x264.ts';

/** x264's own program, instead of the x264 inside. */
export const x264Cli: EncoderDefinition = {
  ...x264,
  title: 'x264-cli',
  engine: {
    commands: ['x264'],
    variable: 'VADEIO_X264',
    version: { ask: ['--version'], told: /x264 (\S+)/ },
    stream: 'annex-b',
    args,
    progress: /(\d+)(?:\/\d+)? frames[:,]/,
  },
};

function args(run: EncodeRun): string[] {
  const { preset, rate, params, picture } = run.settings;
  const { colour, sampleAspectRatio, bitDepth } = picture;
  // What comes in is of the range that goes out: nothing is converted.
  const range = isFullRange(colour) ? 'pc' : 'tv';
  const options = {
    preset: x264.presets[preset] as string,
    'output-depth': String(bitDepth),
    ...(rate.type === 'quality' ? { crf: String(rate.value) } : { bitrate: String(rate.kbps) }),
    ...aspectOption(sampleAspectRatio),
    'input-range': range,
    range,
    ...colourOption('colorprim', PRIMARIES, colour.primaries),
    ...colourOption('transfer', TRANSFERS, colour.transfer),
    ...colourOption('colormatrix', MATRICES, colour.matrix),
    ...siteOption(colour.chromaLocation),
    ...x264Own(run),
  };
  return [
    ...['--demuxer', 'y4m', '-', '--muxer', 'raw', '-o', '-', '--stitchable', '--aud'],
    ...longOptions(options),
    ...longOptionsOrSwitches(withoutDefault(params), x264.params),
  ];
}

/** It knows how to leave out chroma, which it looks at without being told, and knows no word for that. */
function withoutDefault({ 'chroma-me': chromaMe, ...params }: Readonly<Record<string, string>>) {
  return chromaMe === '0' ? { ...params, 'chroma-me': '0' } : params;
}

const MATRICES: ColourWords = [
  ...['GBR', 'bt709', null, null, 'fcc', 'bt470bg', 'smpte170m', 'smpte240m', 'YCgCo', 'bt2020nc'],
  ...['bt2020c', 'smpte2085', 'chroma-derived-nc', 'chroma-derived-c', 'ICtCp'],
];
