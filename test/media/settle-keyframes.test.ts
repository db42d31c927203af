import { expect, test } from 'vitest';
import { KeyframeSettler } from '../../src/media/settle-keyframes.ts';

test('a keyframe has the index of its frame, not of the frames shown before it that are decoded after it', () => {
  const settler = new KeyframeSettler();
  settler.packet(0, 0n);
  expect(settler.frame(0, 0, 0n)).toEqual([{ tag: 0, frame: 0 }]);
  // Open GOP: packet 4 is a keyframe at time 60, packets 5 and 6 are shown before it.
  settler.packet(4, 60n);
  expect(settler.frame(5, 4, 40n)).toEqual([]);
  expect(settler.frame(6, 5, 50n)).toEqual([]);
  expect(settler.frame(4, 6, 60n)).toEqual([{ tag: 4, frame: 6 }]);
});

test('one that an edit list cuts off counts from the first frame after it', () => {
  const settler = new KeyframeSettler();
  settler.packet(0, 0n);
  expect(settler.frame(3, 0, 30n)).toEqual([{ tag: 0, frame: 0 }]);
});

test('one that never comes out is passed by the next, in rising order', () => {
  const settler = new KeyframeSettler();
  settler.packet(2, null);
  settler.packet(9, null);
  expect(settler.frame(5, 5, null)).toEqual([]);
  expect(settler.frame(9, 8, null)).toEqual([
    { tag: 2, frame: 8 },
    { tag: 9, frame: 8 },
  ]);
});

test('one without timestamp is given up once no decoder can hold it back any longer', () => {
  const settler = new KeyframeSettler();
  settler.packet(0, null);
  expect(settler.frame(20, 19, null)).toEqual([]);
  expect(settler.frame(40, 39, null)).toEqual([{ tag: 0, frame: 39 }]);
});
