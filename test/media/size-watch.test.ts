import { expect, test } from 'vitest';
import { SizeWatch } from '../../src/media/size-watch.ts';

const HD = { width: 1920, height: 1080 };
const SD = { width: 720, height: 576 };

test('frames of other sizes than the first are counted, and each size is told once', () => {
  const watch = new SizeWatch();
  for (const [frame, size] of [HD, HD, SD, SD, HD, SD].entries()) watch.push(frame, size);
  expect(watch.otherCount).toBe(3);
  expect(watch.take()).toEqual([{ frame: 2, ...SD }]);
  expect(watch.take()).toEqual([]);
});

test('a stream of nothing but sizes tells a few of them', () => {
  const watch = new SizeWatch();
  for (let frame = 0; frame < 1000; frame++) watch.push(frame, { width: 2 + frame, height: 2 });
  expect(watch.otherCount).toBe(999);
  expect(watch.take().length).toBeLessThan(20);
});
