import { type FilterDefinition, plainStep, sameShape } from '../filter-definition.ts';

const NOTHING = {
  params: {},
  required: [],
  positional: [],
  changes: 'geometry',
  wantsSource: false,
} as const;

/** Left becomes right. */
export const hflip: FilterDefinition = { ...NOTHING, reshape: sameShape, steps: plainStep('hflip') };

/** Top becomes bottom. FFmpeg's filter only reads the rows backwards; they are copied so that they lie in order. */
export const vflip: FilterDefinition = {
  ...NOTHING,
  reshape: sameShape,
  steps: () => [
    ['vflip', ''],
    ['copy', ''],
  ],
};

/** Turns the picture by a quarter. */
export const transpose: FilterDefinition = {
  ...NOTHING,
  params: { dir: { words: ['cclock_flip', 'clock', 'cclock', 'clock_flip'] } },
  required: ['dir'],
  positional: ['dir'],
  reshape: ({ width, height, sampleAspectRatio: { num, den } }) => ({
    width: height,
    height: width,
    sampleAspectRatio: num === 0 ? { num, den } : { num: den, den: num },
  }),
  steps: plainStep('transpose'),
};
