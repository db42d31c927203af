import { describe, expect, test } from 'vitest';
import { flatBlockSigmas, grainOf, grainStrength, type LumaPlane } from '../../src/picture/grain.ts';
import { createRandom, type Random } from '../simulation/random.ts';

const SIZE = 256;

/** A picture of one size whose samples are `draw` and white noise. */
function plane(draw: (x: number, y: number) => number, sigma: number, random: Random): LumaPlane {
  const samples = new Float32Array(SIZE * SIZE);
  for (let i = 0; i < samples.length; i++) {
    // Box and Muller.
    const noise = Math.sqrt(-2 * Math.log(1 - random.next())) * Math.cos(2 * Math.PI * random.next());
    samples[i] = draw(i % SIZE, Math.floor(i / SIZE)) + sigma * noise;
  }
  return { samples, width: SIZE, height: SIZE };
}

function film(draw: (x: number, y: number) => number, sigma: number, frames = 4) {
  const random = createRandom(7);
  return grainOf(Array.from({ length: frames }, () => flatBlockSigmas(plane(draw, sigma, random))));
}

describe('grain of flat areas', () => {
  test.each([0.8, 1.5, 3, 6])('white noise of %f levels is measured to a tenth', (sigma) => {
    const found = film(() => 120, sigma);
    expect(Math.abs((found?.sigma ?? 0) / sigma - 1)).toBeLessThan(0.1);
    expect(found?.frames).toBe(4);
  });

  test('gentle shading is no grain, and texture is left out', () => {
    expect(film((x, y) => 60 + x / 12 + y / 16, 2)?.sigma).toBeCloseTo(2, 0);
    const textured = (x: number, y: number) =>
      y < SIZE / 2 ? 120 : 120 + 60 * Math.sin(x) * Math.sin(y / 2);
    const found = film(textured, 2);
    expect(found?.sigma).toBeCloseTo(2, 0);
    expect(found?.blocks).toBeLessThanOrEqual((4 * (SIZE / 16) ** 2) / 2);
  });

  test('black, white, and too little of a film say nothing', () => {
    expect(film(() => 16, 2)).toBeNull();
    expect(film(() => 235, 2)).toBeNull();
    expect(film(() => 120, 2, 2)).toBeNull();
  });

  test('what nobody sees is not synthesised, and the strength ends where the encoder’s does', () => {
    const evidence = { frames: 4, blocks: 100 };
    expect(grainStrength({ ...evidence, sigma: 0.6 }, 50)).toBe(0);
    expect(grainStrength({ ...evidence, sigma: 1.2 }, 50)).toBe(12);
    expect(grainStrength({ ...evidence, sigma: 9 }, 50)).toBe(50);
  });
});
