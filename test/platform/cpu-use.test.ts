import { execaNode } from 'execa';
import { expect, test } from 'vitest';
import { CpuMeter, othersCores } from '../../node/platform/cpu-use.ts';
import { ChildrenCpu } from '../../node/platform/own-cpu/children.ts';
import { parsePs } from '../../node/platform/own-cpu/macos.ts';

/** Uses this much CPU time, however long that takes, says so, and ends when its input does. */
const BUSY = `
  while (process.cpuUsage().user < 0.5e6);
  process.stdout.write('done');
  process.stdin.resume();
`;

test('a child is this program’s own while it lives and after it ended', async () => {
  const meter = new CpuMeter();
  const before = await meter.read();
  const child = execaNode({ reject: false })`-e ${BUSY}`;
  await new Promise((resolve) => child.stdout.once('data', resolve));
  const during = await meter.read();
  expect(during.own - before.own).toBeGreaterThan(0.4);
  child.stdin.end();
  await child;
  const after = await meter.read();
  expect(after.own).toBeGreaterThanOrEqual(during.own);
  expect(after.all - before.all).toBeGreaterThan(0.4);
});

test('what others use is what this program does not', () => {
  const before = { all: 100, own: 10 };
  expect(othersCores(before, { all: 116, own: 14 }, 4)).toBe(3);
  expect(othersCores(before, { all: 104, own: 14 }, 4)).toBe(0);
  // Read at slightly different moments, the two may contradict each other.
  expect(othersCores(before, { all: 103, own: 14 }, 4)).toBe(0);
});

test('where ended children are not added up by the system, they are here', () => {
  const children = new ChildrenCpu();
  expect(children.note(new Map([[1, 2]]))).toBe(2);
  expect(
    children.note(
      new Map([
        [1, 3],
        [2, 5],
      ]),
    ),
  ).toBe(8);
  expect(children.note(new Map([[2, 6]]))).toBe(9);
  // A process id that is used again counts from zero.
  expect(children.note(new Map([[2, 1]]))).toBe(9);
});

test('the times of macOS’s ps', () => {
  const text = '  10     1   0:01.50\n  11    10   2:03.25\n  12    10 1:00:00.00\n  13    10 2-00:00:01\n';
  expect([...parsePs(text, 10)]).toEqual([
    [11, 123.25],
    [12, 3600],
    [13, 172_801],
  ]);
  const encoder = '  14    12   0:02.00\n  15    99   0:07.00\n';
  expect(parsePs(text + encoder, 10).get(14)).toBe(2);
  expect(parsePs(text + encoder, 10).has(15)).toBe(false);
});
