import { type FilterDefinition, plainStep, sameShape } from '../filter-definition.ts';

/** Deinterlaces, one frame for each frame. It wants the fields' own chroma, so it comes before any conversion. */
export const bwdif: FilterDefinition = {
  params: {
    // send_field would double the frames.
    mode: { words: ['send_frame'] },
    parity: { words: ['auto', 'tff', 'bff'] },
    deint: { words: ['all', 'interlaced'] },
  },
  required: [],
  positional: ['mode', 'parity', 'deint'],
  changes: 'fields',
  wantsSource: true,
  reshape: sameShape,
  steps: (options) => plainStep('bwdif')({ mode: 'send_frame', ...options }),
};
