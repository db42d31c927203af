import type { EncodeRun, EncoderDefinition } from '../encoder-definition.ts';
import { contentLightText, masteringDisplaySteps } from '../hdr-text.ts';
import { joinPairs } from '../option-text.ts';
import { nthPass } from '../passes.ts';
import { X265_ALTERNATIVES, X265_PARAMS } from './x265-params.ts';

/** x265 inside FFmpeg. */
export const x265: EncoderDefinition = {
  title: 'x265',
  codec: 'hevc',
  quality: { name: 'CRF', min: 1, max: 51, decimals: 1 },
  presets: [
    ...['placebo', 'veryslow', 'slower', 'slow', 'medium'],
    ...['fast', 'faster', 'veryfast', 'superfast', 'ultrafast'],
  ],
  // At a constant quality a second pass has nothing to distribute.
  passes: { quality: 1, bitrate: 3 },
  maxGrain: 0,
  bitDepth: 10,
  defaults: [
    [3, 19],
    [3, 20],
    [3, 21],
    [4, 22],
    [4, 23],
  ],
  params: X265_PARAMS,
  alternatives: X265_ALTERNATIVES,
  // 0.57 GB at ultrafast, 0.88 at medium.
  bytesPerPixel: () => 380,
  engine: {
    library: 'libx265',
    version: { said: /HEVC encoder version (\S+)/ },
    options,
  },
};

function options(run: EncodeRun): Record<string, string> {
  const { preset, rate, params } = run.settings;
  return {
    preset: x265.presets[preset] as string,
    ...(rate.type === 'quality' ? { crf: String(rate.value) } : { b: `${rate.kbps}k` }),
    'x265-params': joinPairs({
      ...params,
      ...x265Own(run),
      'open-gop': '0',
      'repeat-headers': '1',
      info: '0',
    }),
  };
}

/**
 * What this program decides, by x265's own names. How many frames and rows are worked on at once changes what x265
 * writes, so these are numbers here, and not the machine's.
 */
export function x265Own({ settings, pass, statsPath }: EncodeRun): Record<string, string> {
  const { masteringDisplay, contentLight } = settings.picture;
  return {
    keyint: '-1',
    scenecut: '0',
    pools: '2',
    'frame-threads': '2',
    'lookahead-slices': '1',
    ...(settings.passes === 1 ? {} : { pass: nthPass(pass, settings.passes), stats: statsPath }),
    ...(masteringDisplay === null ? {} : { 'master-display': masteringDisplaySteps(masteringDisplay) }),
    ...(contentLight === null ? {} : { 'max-cll': contentLightText(contentLight) }),
  };
}
