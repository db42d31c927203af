import { type Alternatives, because, OWNED_BECAUSE, type ParamTable, whole } from '../params.ts';

const TILES = { words: ['1', '2', '4', '8', '16', '32', '64'] } as const;

/** Keys and ranges are those of rav1e's own help, 0.5. */
const KNOWN: ParamTable['known'] = {
  'rdo-lookahead-frames': whole(1, 100),
  'tile-cols': TILES,
  'tile-rows': TILES,
  tiles: whole(0, 4096),
  tune: { words: ['Psnr', 'Psychovisual'] },
};

const { chunks, cuts, files, grain, machine, passes, preset, rate, report, source } = OWNED_BECAUSE;

const OWNED: ParamTable['owned'] = {
  speed: preset,
  quantizer: 'use --crf',
  output: 'use --output',
  'photon-noise': grain,
  ...because(rate, ['bitrate', 'min-quantizer', 'reservoir-frame-delay']),
  ...because(passes, ['first-pass', 'second-pass']),
  ...because(cuts, ['scd_speed', 'scd-speed', 'no-scene-detection']),
  ...because(chunks, ['keyint', 'min-keyint', 'switch-frame-interval', 'low-latency', 'still-picture']),
  ...because(machine, ['threads', 'slots']),
  ...because(files, ['reconstruction', 'film-grain-table', 'save-config', 'load-config']),
  ...because(source, [
    'limit',
    'skip',
    'range',
    'primaries',
    'transfer',
    'matrix',
    'frame-rate',
    'time-scale',
  ]),
  ...because(source, ['mastering-display', 'content-light']),
  ...because(report, ['verbose', 'quiet', 'psnr', 'metrics', 'benchmark']),
};

export const RAV1E_PARAMS: ParamTable = { known: KNOWN, owned: OWNED };

/** By itself rav1e is for the eye (Psychovisual) and, but for its slowest presets, looks less far ahead. */
export const RAV1E_ALTERNATIVES: Alternatives = [[{ tune: 'Psnr' }], [{ 'rdo-lookahead-frames': '40' }]];
