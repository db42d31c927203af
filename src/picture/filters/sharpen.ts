import { decimal, whole } from '../../encoder/params.ts';
import { type FilterDefinition, plainStep, sameShape } from '../filter-definition.ts';

const matrix = whole(3, 23);
const amount = decimal(-2, 5);

/** Sharpens, or blurs with a negative amount. */
export const unsharp: FilterDefinition = {
  params: { lx: matrix, ly: matrix, la: amount, cx: matrix, cy: matrix, ca: amount },
  required: [],
  positional: ['lx', 'ly', 'la', 'cx', 'cy', 'ca'],
  changes: 'texture',
  wantsSource: false,
  reshape: sameShape,
  steps: plainStep('unsharp'),
};
