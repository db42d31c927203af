import { expect, test } from 'vitest';
import { COLOURED } from '../../src/report/style.ts';
import { forTerminal, toJson } from '../../src/report/terminal-text.ts';

const HOSTILE = 'a\u001b]0;title\u0007b\u001b[31mc\u009b2Jd\u001b[?1049he\rf\u202eg\u007fh\u001bPq\u001b\\i';

test.each([true, false])('no control character of a name reaches a terminal (coloured: %s)', (isColoured) => {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what is looked for
  const controls = /[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u202a-\u202e\u2066-\u2069]/;
  const shown = forTerminal(HOSTILE.replace('\u001b[31m', ''), isColoured);
  expect(shown).not.toMatch(controls);
  for (const letter of 'abcdefghi') expect(shown).toContain(letter);
});

test('of styles only our own stay, and none where there is no terminal', () => {
  const line = `${COLOURED.bold('film\u001b[5m.mkv')} ${COLOURED.dim('12 frames')}`;
  expect(forTerminal(line, true)).toBe(`${COLOURED.bold('film.mkv')} ${COLOURED.dim('12 frames')}`);
  expect(forTerminal(line, false)).toBe('film.mkv 12 frames');
  for (const style of [COLOURED.good, COLOURED.bad]) expect(forTerminal(style('x'), true)).toBe(style('x'));
});

test('a sequence that is put together by taking another one out is none', () => {
  expect(forTerminal('\u001b\u001b[5m[2J', true)).toBe(' [2J');
  expect(forTerminal('\u001b\u001b[1m[2J', true)).toBe(' \u001b[1m[2J');
});

test('JSON tells all characters and shows none that a terminal would obey', () => {
  const text = toJson({ input: HOSTILE });
  // biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what is looked for
  expect(text).not.toMatch(/[\u0000-\u001f\u007f-\u009f\u202a-\u202e]/);
  expect(JSON.parse(text)).toEqual({ input: HOSTILE });
});
