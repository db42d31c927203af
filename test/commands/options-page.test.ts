import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { describeOptions, OPTIONS_PAGE } from '../../scripts/options/describe-options.ts';

test('docs/options.md says what the commands take: node scripts/options.ts writes it anew', () => {
  expect(readFileSync(OPTIONS_PAGE, 'utf8')).toBe(describeOptions());
});
