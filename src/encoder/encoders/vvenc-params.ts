import { type Alternatives, because, OWNED_BECAUSE, type ParamTable, SWITCH } from '../params.ts';

const { chunks, files, machine, passes, preset, rate, report, source } = OWNED_BECAUSE;

/** Keys are those of vvencapp's own help, 1.15. */
export const VVENC_PARAMS: ParamTable = {
  known: { qpa: SWITCH },
  owned: {
    preset,
    qp: 'use --crf',
    output: 'use --output',
    'internal-bitdepth': 'use --bit-depth',
    additional: 'give each key by itself',
    ...because(rate, ['bitrate', 'maxrate']),
    ...because(passes, ['passes', 'pass']),
    ...because(chunks, ['refreshtype', 'refreshsec', 'intraperiod', 'accessunitdelimiter']),
    ...because(machine, ['threads', 'mtprofile', 'tiles']),
    ...because(files, ['rcstatsfile', 'config', 'recon']),
    ...because(source, ['input', 'size', 'format', 'framerate', 'framescale', 'fps', 'frames', 'frameskip']),
    ...because(source, ['sdr', 'hdr', 'range', 'y4m', 'tickspersec', 'profile', 'level', 'tier']),
    ...because(report, ['stats', 'verbosity']),
  },
};

/** By itself VVenC 1.15 moves bits to where errors show most (its QPA). */
export const VVENC_ALTERNATIVES: Alternatives = [[{ qpa: '0' }]];
