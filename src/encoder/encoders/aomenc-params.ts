import { type Alternatives, because, OWNED_BECAUSE, type ParamTable, SWITCH, whole } from '../params.ts';
import { PHOTON_NOISE, PHOTON_NOISE_ISO } from '../photon-noise.ts';

/** Keys and ranges are those of aomenc's own help, 3.6. */
const KNOWN: ParamTable['known'] = {
  'aq-mode': whole(0, 3),
  'arnr-maxframes': whole(0, 15),
  'arnr-strength': whole(0, 6),
  'auto-alt-ref': SWITCH,
  'cdf-update-mode': whole(0, 2),
  'coeff-cost-upd-freq': whole(0, 3),
  'delta-lf-mode': SWITCH,
  'deltaq-mode': whole(0, 4),
  'deltaq-strength': whole(0, 1000),
  'denoise-block-size': whole(4, 128),
  'disable-trellis-quant': whole(0, 3),
  'dist-metric': { words: ['psnr', 'qm-psnr'] },
  'enable-cdef': whole(0, 2),
  'enable-chroma-deltaq': SWITCH,
  'enable-dnl-denoising': SWITCH,
  'enable-keyframe-filtering': whole(0, 1),
  'enable-obmc': SWITCH,
  'enable-overlay': SWITCH,
  'enable-palette': SWITCH,
  'enable-qm': SWITCH,
  'enable-restoration': SWITCH,
  'enable-tpl-model': SWITCH,
  'frame-parallel': SWITCH,
  'gf-max-pyr-height': whole(0, 5),
  'gf-min-pyr-height': whole(0, 5),
  'lag-in-frames': whole(0, 48),
  'loopfilter-control': whole(0, 3),
  'max-gf-interval': whole(0, 32),
  'max-partition-size': { words: ['4', '8', '16', '32', '64', '128'] },
  'max-reference-frames': whole(3, 7),
  'min-gf-interval': whole(0, 32),
  'min-partition-size': { words: ['4', '8', '16', '32', '64', '128'] },
  'mode-cost-upd-freq': whole(0, 3),
  'mv-cost-upd-freq': whole(0, 3),
  [PHOTON_NOISE]: whole(PHOTON_NOISE_ISO.min, PHOTON_NOISE_ISO.max),
  'qm-max': whole(0, 15),
  'qm-min': whole(0, 15),
  'quant-b-adapt': SWITCH,
  'reduced-tx-type-set': SWITCH,
  'sb-size': { words: ['dynamic', '64', '128'] },
  sharpness: whole(0, 7),
  'tile-columns': whole(0, 6),
  'tile-rows': whole(0, 6),
  tune: { words: ['psnr', 'ssim'] },
  'tune-content': { words: ['default', 'screen', 'film'] },
};

const { chunks, files, grain, machine, passes, preset, rate, report, size, source } = OWNED_BECAUSE;

const OWNED: ParamTable['owned'] = {
  'cpu-used': preset,
  'cq-level': 'use --crf',
  output: 'use --output',
  'bit-depth': 'use --bit-depth',
  'denoise-noise-level': grain,
  'film-grain-test': grain,
  ...because(rate, ['end-usage', 'target-bitrate', 'min-q', 'max-q', 'lossless', 'bias-pct', 'buf-sz']),
  ...because(rate, ['undershoot-pct', 'overshoot-pct', 'minsection-pct', 'maxsection-pct', 'drop-frame']),
  ...because(passes, ['passes', 'pass', 'fpf', 'two-pass-output', 'second-pass-log', 'good', 'rt', 'usage']),
  ...because(chunks, ['kf-min-dist', 'kf-max-dist', 'disable-kf', 'enable-fwd-kf', 'fwd-kf-dist']),
  ...because(chunks, [
    'sframe-dist',
    'sframe-mode',
    'error-resilient',
    'allintra',
    'ivf',
    'obu',
    'webm',
    'annexb',
  ]),
  ...because(machine, ['threads', 'row-mt', 'fp-mt', 'codec']),
  ...because(files, [
    'cfg',
    'film-grain-table',
    'partition-info-path',
    'vmaf-model-path',
    'rate-distribution-info',
  ]),
  ...because(size, ['resize-mode', 'superres-mode', 'width', 'height', 'forced-max-frame-width']),
  ...because(source, ['fps', 'timebase', 'limit', 'skip', 'input-bit-depth', 'profile', 'monochrome']),
  ...because(source, ['color-primaries', 'transfer-characteristics', 'matrix-coefficients']),
  ...because(source, ['chroma-sample-position', 'timing-info', 'stereo-mode']),
  ...because(report, ['psnr', 'quiet', 'verbose', 'debug', 'q-hist', 'rate-hist', 'test-decode']),
};

export const AOMENC_PARAMS: ParamTable = { known: KNOWN, owned: OWNED };

/**
 * Single changes of what aomenc 3.6 does by itself (it looks 35 frames ahead, no quantisation matrices). Left out is what
 * lost on every real clip that it was tried on (tune=ssim, aq-mode 1, sharpness, tune-content=film), and what at presets
 * like these changed nothing at all (aq-mode 2, deltaq-mode 0, trellis, overlays).
 */
export const AOMENC_ALTERNATIVES: Alternatives = [
  [{ 'lag-in-frames': '48' }],
  [{ 'max-gf-interval': '16' }],
  [
    { 'enable-qm': '1', 'qm-min': '0' },
    { 'dist-metric': 'qm-psnr', 'enable-qm': '1' },
  ],
  [{ 'arnr-strength': '2' }],
  [{ 'quant-b-adapt': '1' }],
];
