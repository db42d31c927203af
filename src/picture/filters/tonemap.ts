import { HDR_TRANSFERS } from '../../media/hdr-transfers.ts';
import { type FilterDefinition, sameShape } from '../filter-definition.ts';

export const TONE_CURVES = ['hable', 'mobius', 'reinhard', 'clip', 'linear', 'gamma'] as const;
export type ToneCurve = (typeof TONE_CURVES)[number];

const BT709 = { primaries: 1, transfer: 1, matrix: 1, range: 1 } as const;

/** cd/m² of white in the picture for HDR's nominal 100 % (ITU-R BT.2100 calls 203 the reference; 100 is SDR's own). */
const NOMINAL_PEAK = 100;

/**
 * From HDR (PQ or HLG in BT.2020) to BT.709: light is made linear, mapped by a curve to what SDR can show, and coded
 * anew. Its options are completed from the source's own colour.
 */
export const tonemap: FilterDefinition = {
  params: { tonemap: { words: TONE_CURVES }, transfer: { words: ['smpte2084', 'arib-std-b67'] } },
  required: ['tonemap'],
  positional: ['tonemap'],
  changes: 'colour',
  // 8 bits are too few for what lies in the dark of PQ.
  wantsSource: true,
  complete(options, { colour }) {
    const transfer = Object.hasOwn(HDR_TRANSFERS, colour.transfer)
      ? HDR_TRANSFERS[colour.transfer]
      : undefined;
    if (transfer !== undefined) return { transfer, ...options };
    throw new Error(
      'Tone mapping was asked for, and the source says nothing of HDR: expected a transfer of PQ or HLG. Leave --tonemap out.',
    );
  },
  reshape: sameShape,
  recolour: ({ chromaLocation }) => ({ ...BT709, chromaLocation }),
  steps: ({ tonemap: curve, transfer }) => [
    // Frames that say nothing of their colour leave zscale without a way from one to the other.
    ['setparams', `color_primaries=bt2020:color_trc=${transfer}:colorspace=bt2020nc:range=limited`],
    ['zscale', `transfer=linear:npl=${NOMINAL_PEAK}`],
    ['format', 'pix_fmts=gbrpf32le'],
    ['zscale', 'primaries=bt709'],
    ['tonemap', `tonemap=${curve}:desat=0`],
    ['zscale', 'transfer=bt709:matrix=bt709:range=limited'],
    ['format', 'pix_fmts=yuv444p10le'],
  ],
};
