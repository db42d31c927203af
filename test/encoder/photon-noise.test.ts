import { describe, expect, test } from 'vitest';
import { checkSettings } from '../../src/encoder/check-settings.ts';
import { defaultSettings } from '../../src/encoder/default-settings.ts';
import { photonNoiseTable } from '../../src/encoder/photon-noise.ts';
import { PICTURE } from '../fixtures/plain-picture.ts';

const FILM = { ...PICTURE, width: 1920, height: 1080 };

/** Scale of the noise at each of the points of luma. */
function scales(table: string): number[] {
  const [, count = '', points = ''] = /\tsY (\d+) {2}(.+)/.exec(table) ?? [];
  const numbers = points.split(' ').map(Number);
  expect(numbers).toHaveLength(2 * Number(count));
  const at = numbers.filter((_, i) => i % 2 === 0);
  expect([at[0], at.at(-1)]).toEqual([0, 255]);
  expect(at).toEqual([...at].sort((a, b) => a - b));
  return numbers.filter((_, i) => i % 2 === 1);
}

const total = (numbers: readonly number[]): number => numbers.reduce((sum, number) => sum + number, 0);

describe('the photon noise of a camera', () => {
  test('is a table of libaom’s form, without chroma', () => {
    const lines = photonNoiseTable(800, FILM).split('\n');
    expect(lines[0]).toBe('filmgrn1');
    expect(lines[1]).toMatch(/^E 0 9223372036854775807 1 [1-9]\d* 1$/);
    expect(lines[2]?.trim().split(' ')).toHaveLength(13);
    expect(lines.slice(4)).toEqual(['\tsCb 0', '\tsCr 0', '\tcY', '\tcCb 0', '\tcCr 0', '']);
  });

  test('grows with the ISO, and with the picture: a smaller pixel sees less light', () => {
    const at = (iso: number, width = 1920): number[] => scales(photonNoiseTable(iso, { ...FILM, width }));
    expect(total(at(3200))).toBeGreaterThan(1.5 * total(at(800)));
    expect(total(at(800))).toBeGreaterThan(1.5 * total(at(200)));
    expect(total(at(800, 7680))).toBeGreaterThan(1.5 * total(at(800)));
    expect(Math.max(...at(6400, 16_384))).toBeLessThanOrEqual(255);
  });

  test.each([
    [1, 'a picture of standard range'],
    [16, 'PQ'],
    [18, 'HLG'],
  ])('by transfer %i is that of %s: strongest in the dark', (transfer) => {
    const found = scales(photonNoiseTable(1600, { ...FILM, colour: { ...FILM.colour, transfer } }));
    expect(found[0]).toBe(Math.max(...found));
    expect(Math.min(...found)).toBeGreaterThan(0);
  });

  test('goes with no other grain, and is within its range', () => {
    const settings = { ...defaultSettings(FILM, 'aomenc'), params: { 'photon-noise': '800' } };
    checkSettings(settings);
    expect(() => checkSettings({ ...settings, grain: 8 })).toThrow('give one of them');
    expect(() => checkSettings({ ...settings, params: { 'photon-noise': '50' } })).toThrow(
      'from 100 to 6400',
    );
  });
});
