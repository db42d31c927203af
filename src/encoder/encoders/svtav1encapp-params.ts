import { type Alternatives, decimal, type ParamTable, SWITCH, whole } from '../params.ts';
import { PHOTON_NOISE, PHOTON_NOISE_ISO } from '../photon-noise.ts';
import { SVT_AV1_PARAMS } from './svt-av1-params.ts';

/**
 * What SVT-AV1 3.1 takes, and what is SVT-AV1-PSY's own (its Docs/Parameters.md). A build that does not have one of them
 * says so and gets no work.
 */
export const SVTAV1ENCAPP_PARAMS: ParamTable = {
  known: {
    ...SVT_AV1_PARAMS.known,
    'adaptive-film-grain': SWITCH,
    'frame-luma-bias': whole(0, 100),
    'hbd-mds': whole(0, 3),
    'kf-tf-strength': whole(0, 4),
    'max-32-tx-size': SWITCH,
    'noise-norm-strength': whole(0, 4),
    [PHOTON_NOISE]: whole(PHOTON_NOISE_ISO.min, PHOTON_NOISE_ISO.max),
    'psy-rd': decimal(0, 8),
    'qp-scale-compress-strength': decimal(0, 8),
    'sharp-tx': SWITCH,
    'spy-rd': whole(0, 2),
    tune: whole(0, 5),
  },
  owned: SVT_AV1_PARAMS.owned,
};

/** Single changes that every version from 1.4 on takes: a build that refuses one would get no work at all. */
export const SVTAV1ENCAPP_ALTERNATIVES: Alternatives = [
  [
    { 'enable-qm': '1', 'qm-min': '0' },
    { 'enable-qm': '1', 'qm-min': '8' },
  ],
  [{ tune: '0' }],
  [{ 'enable-tf': '0' }],
  [{ 'aq-mode': '0' }],
];
