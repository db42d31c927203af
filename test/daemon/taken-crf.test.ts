import { expect, test } from 'vitest';
import { AllocationSearch } from '../../node/daemon/allocation-search.ts';
import { BudgetSearch } from '../../node/daemon/budget-search.ts';
import type { KnownProbe } from '../../node/daemon/known-probes.ts';
import { QualitySearch } from '../../node/daemon/quality-search.ts';
import { parseScoreTarget } from '../../src/quality/score-target.ts';
import { fastSettings } from '../sources/scan-source.ts';

// The encoder spoils a picture of chunk 0 at what it was to have; it was encoded one lower.
const FRAMES = { startFrame: 0, endFrame: 24 };
const BOUNDS = { minCrf: null, maxCrf: null };
const sizeOf = () => ({ frameCount: 24, seconds: 1, otherBytes: 0 });

function probe(crf: number, psnr: number): KnownProbe {
  const scores = Array.from({ length: 24 }, () => psnr);
  return { crf, bytes: 10_000, scores, attempt: 1, isRefused: false, variant: null, cost: null };
}

test('a score’s progress shows what a chunk was encoded at, not what it was to be', () => {
  const target = { ...parseScoreTarget('psnr=40'), model: 'auto', ...BOUNDS } as const;
  const search = new QualitySearch(target, fastSettings());
  search.note(0, probe(38, 40));
  expect(search.settle(0, 38, 37)).toMatchObject({ quality: 37 });
  expect(search.outcome?.chunks).toMatchObject([{ chunk: 0, crf: 37 }]);
});

test('so does a bitrate’s', () => {
  const goal = { type: 'bitrate', kbps: 80 } as const;
  const search = new BudgetSearch({ goal, ...BOUNDS }, fastSettings(), sizeOf);
  search.meet(0, FRAMES, 1000);
  search.note(0, probe(38, 40));
  expect(search.settle(0, 38, 37)).toMatchObject({ quality: 37 });
  expect(search.progress.crfs).toEqual([37, 37]);
});

test('so does an allocation’s, on the chunk’s curve, too', () => {
  const rule = { type: 'slope' } as const;
  const goal = { type: 'score', aim: 40 } as const;
  const allocation = { rule, goal, metric: 'psnr', model: 'auto', ...BOUNDS } as const;
  const search = new AllocationSearch(allocation, fastSettings(), sizeOf);
  search.meet(0, FRAMES);
  const trials = [0, ...search.trialsBeside(0)].map((trial) => search.trialOf(0, trial));
  for (const crf of trials) search.note(0, probe(crf, 60 - crf / 2));
  search.endFilm();
  for (let step = search.step(0); step !== 'rest' && 'probe' in step; step = search.step(0))
    search.note(0, probe(step.probe, 60 - step.probe / 2));
  const step = search.step(0);
  if (step === 'rest' || !('settled' in step)) throw new Error('nothing is decided');
  const { settled } = step;
  search.settle(0, settled, settled - 1);
  const [chunk] = search.outcome?.chunks ?? [];
  expect(chunk?.crf).toBe(settled - 1);
  expect(chunk?.curve.map(({ crf }) => crf)).toContain(settled - 1);
});
