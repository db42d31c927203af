import { bad, type Finding, good, note } from '../../src/report/findings.ts';
import { formatBytes, formatCount } from '../../src/report/format.ts';
import { memoryFloor } from '../../src/schedule/peer/memory.ts';
import type { Machine } from '../daemon/machine.ts';

/** What this machine is, and whether it has memory left. */
export async function examineSystem(machine: Machine, worksOnBattery: boolean): Promise<Finding[]> {
  const { cores, totalBytes } = machine;
  const available = await machine.availableBytes();
  const facts = `Node.js ${process.versions.node} on ${process.platform}-${process.arch}, ${formatCount(cores, 'core')}, ${formatBytes(available)} of ${formatBytes(totalBytes)} of memory available`;
  const findings =
    available < memoryFloor(totalBytes)
      ? [bad('system', `${facts}: too little to encode. Close what uses it.`)]
      : [good('system', `${facts}.`)];
  if (!worksOnBattery && (await machine.isOnBattery())) {
    findings.push(
      note('system', 'It runs on battery, so it takes no work until it does not (--work-on-battery).'),
    );
  }
  return findings;
}
