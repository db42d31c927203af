import { because, OWNED_BECAUSE, type ParamTable, SWITCH, whole } from '../params.ts';

const { chunks, machine, preset, rate, source } = OWNED_BECAUSE;

/** Keys are those of FFmpeg's av1_qsv. */
export const AV1_QSV_PARAMS: ParamTable = {
  known: {
    adaptive_b: SWITCH,
    b_strategy: SWITCH,
    bf: whole(0, 15),
    extbrc: SWITCH,
    look_ahead_depth: whole(0, 100),
    low_power: SWITCH,
    tile_cols: whole(1, 64),
    tile_rows: whole(1, 64),
  },
  owned: {
    preset,
    adaptive_i: chunks,
    ...because(rate, ['global_quality', 'b', 'maxrate', 'q']),
    ...because(machine, ['async_depth', 'qsv_params']),
    ...because(chunks, ['g', 'forced-idr', 'forced_idr']),
    ...because(source, ['profile', 'level', 'tier']),
  },
};
