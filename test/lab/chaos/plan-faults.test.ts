import { expect, test } from 'vitest';
import { FAULT_KINDS, planFaults } from './plan-faults.ts';

const SEEDS = Array.from({ length: 200 }, (_, seed) => seed);

test('a seed gives one plan, and another seed another one', () => {
  const plans = SEEDS.map((seed) => JSON.stringify(planFaults(seed).faults));
  expect(SEEDS.map((seed) => JSON.stringify(planFaults(seed).faults))).toEqual(plans);
  expect(new Set(plans).size).toBe(plans.length);
});

test('neighbouring seeds share no fault, and together they hold every kind', () => {
  const faults = SEEDS.flatMap((seed) => planFaults(seed).faults);
  expect(new Set(faults.map((fault) => JSON.stringify(fault))).size).toBe(faults.length);
  expect(new Set(faults.map(({ kind }) => kind))).toEqual(new Set(FAULT_KINDS));
});
