import { because, OWNED_BECAUSE, type ParamTable, SWITCH, whole } from '../params.ts';

const { chunks, machine, preset, rate, source } = OWNED_BECAUSE;

/** Keys are those of FFmpeg's hevc_videotoolbox. */
export const HEVC_VIDEOTOOLBOX_PARAMS: ParamTable = {
  known: {
    bf: whole(0, 4),
    power_efficient: SWITCH,
    spatial_aq: SWITCH,
  },
  owned: {
    prio_speed: preset,
    ...because(rate, ['global_quality', 'q', 'b', 'maxrate', 'constant_bit_rate']),
    ...because(machine, ['allow_sw', 'require_sw', 'realtime']),
    ...because(chunks, ['g', 'forced-idr', 'forced_idr']),
    ...because(source, ['profile', 'level', 'tier']),
  },
};
