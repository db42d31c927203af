import { expect, test } from 'vitest';
import { damageSentences } from '../../src/media/damage.ts';

const film = { path: '/film.mkv', durationSeconds: 60 };

test('a whole source is said nothing of, nor is one whose sound goes on for a moment', () => {
  expect(damageSentences(film, { damagedCount: 0, lastFrameSeconds: 59.96 })).toEqual([]);
  expect(damageSentences({ ...film, durationSeconds: 3 }, { damagedCount: 0, lastFrameSeconds: 2 })).toEqual(
    [],
  );
  expect(
    damageSentences({ ...film, durationSeconds: null }, { damagedCount: 0, lastFrameSeconds: 2 }),
  ).toEqual([]);
});

test('damaged places are counted', () => {
  expect(damageSentences(film, { damagedCount: 3, lastFrameSeconds: 59.96 })).toEqual([
    '/film.mkv is damaged: in 3 places it could not be read or decoded as it should be. Copy or download it again if you can.',
  ]);
});

test('a picture that ends long before the file does is told', () => {
  expect(damageSentences(film, { damagedCount: 0, lastFrameSeconds: 4 })).toEqual([
    'The last picture of /film.mkv is shown after 4.0 s, and the file lasts 60.0 s: no more pictures were found in it.',
  ]);
});
