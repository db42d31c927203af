import { expect, test } from 'vitest';
import { type PictureShape, refuseOtherShape } from '../../src/quality/refuse-other-shape.ts';

function shape(width: number, height: number, [num, den] = [1, 1]): PictureShape {
  return { width, height, sampleAspectRatio: { num: num ?? 1, den: den ?? 1 } };
}

test.each([
  ['the same', shape(640, 360), shape(640, 360)],
  ['half as large, sides even', shape(1920, 1080), shape(854, 480)],
  ['half as large and odd once', shape(641, 361), shape(320, 180)],
  ['square pixels of a DVD', shape(720, 576, [64, 45]), shape(1024, 576)],
  ['the same samples, whose shape was forgotten', shape(720, 576, [64, 45]), shape(720, 576)],
])('takes what was scaled: %s', (_, source, output) => {
  expect(() => refuseOtherShape(source, output)).not.toThrow();
});

test.each([
  ['bars', shape(640, 360), shape(640, 272)],
  ['eight rows', shape(1920, 1088), shape(1920, 1080)],
  ['a turn', shape(640, 360), shape(360, 640)],
  ['a DVD’s bars', shape(720, 576, [64, 45]), shape(720, 404, [64, 45])],
])('refuses what was cropped or turned: %s', (_, source, output) => {
  expect(() => refuseOtherShape(source, output)).toThrow(
    /has another shape than the source's of .* --autocrop/,
  );
});
