import { aspectOption, siteOption } from '../annex-b-options.ts';
import { isFullRange } from '../colour-words.ts';
import type { EncodeRun, EncoderDefinition } from '../encoder-definition.ts';
import { longOptions, longOptionsOrSwitches } from '../option-text.ts';
import { x265, x265Own } from './x265.ts';

/** x265's own program, instead of the x265 inside. */
export const x265Cli: EncoderDefinition = {
  ...x265,
  title: 'x265-cli',
  engine: {
    commands: ['x265'],
    variable: 'VADEIO_X265',
    version: { ask: ['--version'], told: /HEVC encoder version (\S+)/ },
    stream: 'annex-b',
    args,
    progress: /(\d+)(?:\/\d+)? frames[:,]/,
  },
};

function args(run: EncodeRun): string[] {
  const { preset, rate, params, picture } = run.settings;
  const { colour, sampleAspectRatio, bitDepth } = picture;
  const options = {
    preset: x265.presets[preset] as string,
    'output-depth': String(bitDepth),
    ...(rate.type === 'quality' ? { crf: String(rate.value) } : { bitrate: String(rate.kbps) }),
    ...aspectOption(sampleAspectRatio),
    range: isFullRange(colour) ? 'full' : 'limited',
    colorprim: String(colour.primaries),
    transfer: String(colour.transfer),
    colormatrix: String(colour.matrix),
    ...siteOption(colour.chromaLocation),
    ...x265Own(run),
  };
  return [
    ...['--y4m', '--input', '-', '-o', '-', '--no-open-gop', '--no-info', '--repeat-headers', '--aud'],
    ...longOptions(options),
    ...longOptionsOrSwitches(params, x265.params),
  ];
}
