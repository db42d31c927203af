import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { until } from '../daemon/cli-process.ts';
import { cpuGroupsUnavailable } from './cpu-group.ts';
import { type Host, type Lab, labUnavailable, makeLab } from './hosts.ts';

/** Spins for two seconds once it is told to, and says how much of a core it got. */
const SPIN = `
  console.log('up');
  process.stdin.once('data', () => {
    const [startedMs, before] = [performance.now(), process.cpuUsage()];
    while (performance.now() - startedMs < 2000);
    const { user, system } = process.cpuUsage(before);
    console.log((user + system) / 1000 / (performance.now() - startedMs));
    process.exit();
  });
`;

const reason = labUnavailable() ?? (await cpuGroupsUnavailable());
if (reason !== null) console.log(`Hosts with a share of the CPU are skipped: ${reason}`);

describe.skipIf(reason !== null)('a host with a share of the CPU', () => {
  let lab: Lab;
  beforeAll(async () => {
    lab = await makeLab(1);
  });
  afterAll(() => lab.stop());

  test('gets no more of it, whether a program was started before or after', async () => {
    const [host] = lab.hosts as [Host];
    const before = host.node('--eval', [SPIN]);
    await until(async () => before.lines.length > 0);
    await host.limitCpu(0.1);
    const after = host.node('--eval', [SPIN]);
    for (const { child } of [before, after]) child.stdin?.write('now');
    await Promise.all([before.exited, after.exited]);
    const shares = [before, after].map(({ lines }) => Number(lines[1]));
    // Each alone would have the whole share: a busy machine gives less, never more.
    for (const share of shares) expect(share).toBeLessThan(0.2);
  });
});
