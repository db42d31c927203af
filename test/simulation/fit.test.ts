import { expect, test } from 'vitest';
import { COMPLEXITY_THAT_DOUBLES } from '../../src/schedule/estimate.ts';
import { fitDoubling } from './fit.ts';
import { clipsToFit, clipsToSimulate, readRecordedCosts } from './recorded-costs.ts';

test('costs are predicted as half of the recorded clips tell it, films are put together from the other half', () => {
  const recorded = readRecordedCosts();
  const [fitted, simulated] = [clipsToFit(recorded), clipsToSimulate(recorded)];
  expect(COMPLEXITY_THAT_DOUBLES).toBe(fitDoubling(fitted));
  expect(fitted.filter((clip) => simulated.includes(clip))).toEqual([]);
  for (const clips of [fitted, simulated]) {
    expect(clips.flatMap(({ chunks }) => chunks).length).toBeGreaterThan(100);
  }
});
