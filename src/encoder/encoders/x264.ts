import { x264BuildOf } from '../../media/x264-build.ts';
import type { EncodeRun, EncoderDefinition } from '../encoder-definition.ts';
import { contentLightText, masteringDisplaySteps } from '../hdr-text.ts';
import { joinPairs } from '../option-text.ts';
import { nthPass } from '../passes.ts';
import { X264_ALTERNATIVES, X264_PARAMS } from './x264-params.ts';

/** x264 inside FFmpeg. */
export const x264: EncoderDefinition = {
  title: 'x264',
  codec: 'h264',
  quality: { name: 'CRF', min: 1, max: 51, decimals: 1 },
  presets: [
    ...['placebo', 'veryslow', 'slower', 'slow', 'medium'],
    ...['fast', 'faster', 'veryfast', 'superfast', 'ultrafast'],
  ],
  // At a constant quality a second pass has nothing to distribute.
  passes: { quality: 1, bitrate: 3 },
  maxGrain: 0,
  // What plays H.264 everywhere plays 8 bits.
  bitDepth: 8,
  defaults: [
    [3, 18],
    [3, 19],
    [3, 20],
    [4, 21],
    [4, 22],
  ],
  params: X264_PARAMS,
  alternatives: X264_ALTERNATIVES,
  // 0.54 GB at medium, 0.78 at veryslow.
  bytesPerPixel: () => 330,
  engine: {
    library: 'libx264',
    version: { written: writtenVersion },
    options,
  },
};

/** Its builds are numbered; the text in the first packet says which one it was. */
function writtenVersion(unit: Uint8Array): string | null {
  const build = x264BuildOf(unit);
  return build === null ? null : String(build);
}

function options(run: EncodeRun): Record<string, string> {
  const { preset, rate, params } = run.settings;
  return {
    preset: x264.presets[preset] as string,
    ...(rate.type === 'quality' ? { crf: String(rate.value) } : { b: `${rate.kbps}k` }),
    // Without it the header of the stream holds the CRF, and chunks of different ones make no stream together.
    'x264-params': joinPairs({ ...params, ...x264Own(run), stitchable: '1' }),
  };
}

/**
 * What this program decides, by x264's own names. How many frames are worked on at once changes what x264 writes, so
 * it is a number here, and not the machine's.
 */
export function x264Own({ settings, pass, statsPath }: EncodeRun): Record<string, string> {
  const { masteringDisplay, contentLight } = settings.picture;
  return {
    keyint: 'infinite',
    scenecut: '0',
    threads: '2',
    'lookahead-threads': '1',
    'sync-lookahead': '0',
    ...(settings.passes === 1 ? {} : { pass: nthPass(pass, settings.passes), stats: statsPath }),
    ...(masteringDisplay === null ? {} : { 'mastering-display': masteringDisplaySteps(masteringDisplay) }),
    ...(contentLight === null ? {} : { cll: contentLightText(contentLight) }),
  };
}
