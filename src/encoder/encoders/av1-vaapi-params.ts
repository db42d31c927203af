import { because, OWNED_BECAUSE, type ParamTable, SWITCH, whole } from '../params.ts';

const { chunks, machine, preset, rate, source } = OWNED_BECAUSE;

/** Keys are those of FFmpeg's av1_vaapi. */
export const AV1_VAAPI_PARAMS: ParamTable = {
  known: {
    b_depth: whole(1, 7),
    bf: whole(0, 7),
    low_power: SWITCH,
    tile_groups: whole(1, 4096),
  },
  owned: {
    compression_level: preset,
    idr_interval: chunks,
    ...because(rate, ['rc_mode', 'global_quality', 'b', 'maxrate', 'qp']),
    ...because(machine, ['async_depth']),
    ...because(chunks, ['g', 'forced-idr', 'forced_idr']),
    ...because(source, ['profile', 'level', 'tier']),
  },
};
