import { decimal, whole } from '../../encoder/params.ts';
import { type FilterDefinition, plainStep, sameShape } from '../filter-definition.ts';

const strength = decimal(0, 255);

/** FFmpeg's high quality 3D denoiser: fast, over space and time. */
export const hqdn3d: FilterDefinition = {
  params: { luma_spatial: strength, chroma_spatial: strength, luma_tmp: strength, chroma_tmp: strength },
  required: [],
  positional: ['luma_spatial', 'chroma_spatial', 'luma_tmp', 'chroma_tmp'],
  changes: 'texture',
  blendsFrames: true,
  wantsSource: false,
  reshape: sameShape,
  steps: plainStep('hqdn3d'),
};

/** Non-local means: slow, and kinder to detail. */
export const nlmeans: FilterDefinition = {
  params: { s: decimal(1, 30), p: whole(1, 99), pc: whole(0, 99), r: whole(1, 99), rc: whole(0, 99) },
  required: [],
  positional: ['s', 'p', 'pc', 'r', 'rc'],
  changes: 'texture',
  wantsSource: false,
  reshape: sameShape,
  steps: plainStep('nlmeans'),
};
