import { because, OWNED_BECAUSE, type ParamTable, SWITCH, whole } from '../params.ts';

const { chunks, machine, preset, rate, source } = OWNED_BECAUSE;

/** Keys are those of FFmpeg's av1_nvenc. */
export const AV1_NVENC_PARAMS: ParamTable = {
  known: {
    'aq-strength': whole(1, 15),
    b_ref_mode: { words: ['disabled', 'each', 'middle', 'hierarchical'] },
    bf: whole(0, 7),
    multipass: { words: ['disabled', 'qres', 'fullres'] },
    'rc-lookahead': whole(0, 250),
    'spatial-aq': SWITCH,
    'temporal-aq': SWITCH,
    'tile-columns': whole(1, 64),
    'tile-rows': whole(1, 64),
    tf_level: { words: ['0', '4'] },
    tune: { words: ['hq', 'uhq'] },
  },
  owned: {
    preset,
    'no-scenecut': chunks,
    'intra-refresh': chunks,
    ...because(rate, ['rc', 'cq', 'qp', 'b', 'maxrate', 'qmin', 'qmax']),
    ...because(machine, ['gpu', 'surfaces', 'delay', 'split_encode_mode']),
    ...because(chunks, ['g', 'forced-idr', 'forced_idr']),
    ...because(source, ['profile', 'level', 'tier']),
  },
};
