import { describe, expect, test } from 'vitest';
import { UNEQUAL_FARM } from './farm-world.ts';
import { CELLS, runCell } from './gates.ts';
import { clipsToSimulate, readRecordedCosts } from './recorded-costs.ts';
import { recordedFilms } from './recorded-source.ts';

/** Fewer seeds than the table of `npm run simulate -- --gates`: what a test suite has time for. */
const SEEDS: Readonly<Record<number, number>> = { 12: 40, 60: 15 };
/** Mean E reached on these seeds, rounded down to 0.005. */
const HELD: Readonly<Record<string, number>> = {
  'healthy 12': 0.96,
  'slowed 12': 0.935,
  'killed 12': 0.935,
  'churning 12': 0.9,
  'healthy 60': 0.99,
  'slowed 60': 0.99,
  'killed 60': 0.985,
  'churning 60': 0.98,
};
const MOST_WASTED = 0.03;

describe('ten unequal slots on measured costs are kept as busy as before', () => {
  const costs = recordedFilms(clipsToSimulate(readRecordedCosts()));
  test.each(CELLS)('$scenario, $chunksPerSlot chunks a slot', (cell) => {
    const seedCount = SEEDS[cell.chunksPerSlot] ?? 0;
    const { meanE, wasted } = runCell(cell, { farm: UNEQUAL_FARM, costs, firstSeed: 1, seedCount });
    expect(meanE).toBeGreaterThanOrEqual(HELD[`${cell.scenario} ${cell.chunksPerSlot}`] ?? 1);
    if (cell.scenario === 'healthy') expect(wasted).toBeLessThan(MOST_WASTED);
  });
});
