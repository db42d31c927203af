import { PassThrough } from 'node:stream';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { liveDisplay, rowsOf } from '../../node/commands/live-display.ts';
import type { Shell } from '../../node/commands/shell.ts';
import { COLOURED, PLAIN } from '../../src/report/style.ts';
import { jobView } from '../fixtures/canned-daemon.ts';

beforeEach(() => vi.stubEnv('XTERM_VERSION', undefined));
afterEach(() => vi.unstubAllEnvs());

test('rows are counted by what is seen of a line', () => {
  expect(rowsOf(['', 'a'.repeat(10), 'a'.repeat(11), COLOURED.bold('a'.repeat(21))], 10)).toBe(1 + 1 + 2 + 3);
  expect(rowsOf(['場'.repeat(10)], 10)).toBe(2);
});

test('a terminal that becomes narrower keeps nothing of the old block', () => {
  const terminal = Object.assign(new PassThrough(), { columns: 100 });
  const shell = { sayStyle: PLAIN, outStyle: PLAIN } as Shell;
  const display = liveDisplay(shell, terminal as unknown as NodeJS.WriteStream, () => undefined);
  display.show({ type: 'job', job: jobView() });
  const lines = String(terminal.read()).trimEnd().split('\n');
  terminal.columns = 20;
  terminal.emit('resize');
  const erased = String(terminal.read()).split('\u001b[2K').length - 1;
  // The line behind the block, too; where what log-update erases ends, that line is erased twice.
  expect(erased).toBe(rowsOf(lines, 20) + 2);
  display.close();
  expect(terminal.listenerCount('resize')).toBe(0);
});
