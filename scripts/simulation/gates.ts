import type { CostSource, Farm } from '../../test/simulation/farm-world.ts';
import { AIMS, CELLS, runCell } from '../../test/simulation/gates.ts';

/** Prints the table of gates; takes minutes at 200 seeds. */
export function printGates(options: {
  readonly farm: Farm;
  readonly costs: CostSource;
  readonly firstSeed: number;
  readonly seedCount: number;
}): void {
  console.log('chunks a slot | scenario  | mean E | 5th percentile | aim   | wasted work');
  for (const cell of CELLS) {
    const { meanE, lowE, wasted } = runCell(cell, options);
    const aim = AIMS[cell.scenario][cell.chunksPerSlot] ?? Number.NaN;
    const columns = [
      String(cell.chunksPerSlot).padStart(13),
      cell.scenario.padEnd(9),
      `${meanE.toFixed(4)}`,
      lowE.toFixed(4).padStart(14),
      `${aim.toFixed(3)} ${meanE >= aim ? 'reached' : 'missed'}`,
      `${(100 * wasted).toFixed(1)} %`,
    ];
    console.log(columns.join(' | '));
  }
}
