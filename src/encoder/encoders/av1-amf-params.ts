import { because, OWNED_BECAUSE, type ParamTable, SWITCH } from '../params.ts';

const { chunks, machine, preset, rate, source } = OWNED_BECAUSE;

/** Keys are those of FFmpeg's av1_amf. */
export const AV1_AMF_PARAMS: ParamTable = {
  known: {
    aq_mode: { words: ['none', 'caq'] },
    preencode: SWITCH,
    preanalysis: SWITCH,
  },
  owned: {
    quality: preset,
    usage: preset,
    ...because(rate, ['rc', 'qp_i', 'qp_p', 'b', 'maxrate', 'qvbr_quality_level']),
    ...because(machine, ['async_depth', 'latency']),
    ...because(chunks, ['g', 'forced-idr', 'forced_idr']),
    ...because(source, ['profile', 'level', 'tier']),
  },
};
