import { expect, test } from 'vitest';
import { renderWork } from '../../src/report/work.ts';

test('what is left when no work is taken: chunks that end first, chunks that go back, or nothing', () => {
  const view = { wish: 'pause', reasons: ['It was told to pause.'], attempts: 2 } as const;
  const words = (more: Partial<Parameters<typeof renderWork>[0]>) =>
    renderWork({ ...view, intake: 'closed', ...more }).join('\n');
  expect(words({})).toMatch(/takes no work\. It was told to pause\. 2 chunks here must end first\./);
  expect(words({ intake: 'emptying', wish: 'pause-now' })).toMatch(/2 chunks being handed back\./);
  expect(words({ attempts: 0 })).toMatch(/Nothing runs here\./);
});
