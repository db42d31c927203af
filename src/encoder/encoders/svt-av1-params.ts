import {
  type Alternatives,
  because,
  OWNED_BECAUSE,
  type ParamRule,
  type ParamTable,
  SWITCH,
  whole,
} from '../params.ts';

const QINDEX_OFFSET: ParamRule = whole(-64, 63);
const QM_LEVEL: ParamRule = whole(0, 15);

/**
 * Keys are those of SVT-AV1 3.1's list of parameters (Docs/Parameters.md there); ranges are what its 3.1.2 takes, tried
 * one by one, because FFmpeg only logs a bad key and goes on without it.
 */
const KNOWN: ParamTable['known'] = {
  'aq-mode': whole(0, 2),
  'chroma-qm-max': QM_LEVEL,
  'chroma-qm-min': QM_LEVEL,
  'chroma-u-ac-qindex-offset': QINDEX_OFFSET,
  'chroma-u-dc-qindex-offset': QINDEX_OFFSET,
  'chroma-v-ac-qindex-offset': QINDEX_OFFSET,
  'chroma-v-dc-qindex-offset': QINDEX_OFFSET,
  'enable-cdef': SWITCH,
  'enable-dlf': SWITCH,
  'enable-mfmv': SWITCH,
  'enable-overlays': SWITCH,
  'enable-qm': SWITCH,
  'enable-restoration': SWITCH,
  'enable-tf': whole(0, 2),
  'enable-tpl-la': SWITCH,
  'enable-variance-boost': SWITCH,
  'fast-decode': whole(0, 2),
  'film-grain-denoise': SWITCH,
  'hierarchical-levels': whole(2, 5),
  'key-frame-chroma-qindex-offset': QINDEX_OFFSET,
  'key-frame-qindex-offset': QINDEX_OFFSET,
  lookahead: whole(0, 120),
  'luma-y-dc-qindex-offset': QINDEX_OFFSET,
  'luminance-qp-bias': whole(0, 100),
  'qm-max': QM_LEVEL,
  'qm-min': QM_LEVEL,
  scm: whole(0, 2),
  sharpness: whole(-7, 7),
  'startup-mg-size': whole(0, 4),
  'startup-qp-offset': whole(-63, 63),
  'tf-strength': whole(0, 4),
  'tile-columns': whole(0, 4),
  'tile-rows': whole(0, 6),
  tune: whole(0, 2),
  'variance-boost-curve': whole(0, 2),
  'variance-boost-strength': whole(1, 4),
  'variance-octile': whole(1, 8),
};

const { chunks, cuts, files, grain, machine, passes, preset, rate, report, size, source } = OWNED_BECAUSE;

const OWNED: ParamTable['owned'] = {
  preset,
  crf: 'use --crf',
  qp: 'use --crf',
  'film-grain': grain,
  'fgs-table': files,
  output: 'use --output',
  scd: cuts,
  'enable-stat-report': report,
  ...because(rate, ['rc', 'tbr', 'mbr', 'max-qp', 'min-qp']),
  ...because(passes, ['pass', 'passes', 'stats']),
  ...because(chunks, [
    'keyint',
    'intra-period',
    'irefresh-type',
    'enable-force-key-frames',
    'force-key-frames',
  ]),
  ...because(chunks, ['pred-struct', 'sframe-dist', 'sframe-mode']),
  ...because(machine, ['lp', 'pin', 'ss', 'asm']),
  ...because(files, ['config', 'errlog', 'recon', 'stat-file', 'qpfile', 'roi-map-file']),
  ...because(source, [
    'input',
    'width',
    'height',
    'fps',
    'fps-num',
    'fps-denom',
    'input-depth',
    'color-format',
  ]),
  ...because(source, ['color-primaries', 'transfer-characteristics', 'matrix-coefficients', 'color-range']),
  ...because(source, ['chroma-sample-position', 'mastering-display', 'content-light', 'frames', 'skip']),
  ...because(size, ['resize-mode', 'superres-mode']),
};

export const SVT_AV1_PARAMS: ParamTable = { known: KNOWN, owned: OWNED };

/**
 * Single changes of what SVT-AV1 3.1 does by itself (tune 1, no quantisation matrices, no variance boost). What lost on
 * every real clip that it was tried on is left out (tune 0, aq-mode 0, sharpness 1, overlays), and so are chroma's quantisers,
 * which VMAF does not see.
 */
export const SVT_AV1_ALTERNATIVES: Alternatives = [
  [
    { 'enable-qm': '1', 'qm-min': '0' },
    { 'enable-qm': '1', 'qm-min': '5' },
  ],
  [{ tune: '2' }],
  [{ 'enable-variance-boost': '1' }],
  [{ 'enable-tf': '0' }],
  [{ 'startup-mg-size': '3' }],
  [{ 'luminance-qp-bias': '20' }],
];
