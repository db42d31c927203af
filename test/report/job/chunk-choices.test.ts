import { expect, test } from 'vitest';
import { renderChoices } from '../../../src/report/job/chunk-choices.ts';
import { attempt, end, found, join, reportOf, run } from './hand-made.ts';

test('what was chosen for each chunk is told by the records alone', () => {
  const report = reportOf(
    run(),
    join(0, 'desk'),
    found(0, 0),
    attempt(0, 'desk', 0, 10),
    { type: 'chunk-chosen', ms: 10_000, chunk: 0, attempt: 0, quality: 31, score: 93.128, probeCount: 2 },
    attempt(1, 'desk', 10, 20),
    end(22),
  );
  const aim = { metric: 'vmaf', range: null } as const;
  expect(renderChoices({ ...report, aim })).toEqual([
    'CHUNK  CRF  VMAF   SIZE    PROBES',
    '0      31   93.13  1.0 kB  2',
    '1      –    –      1.0 kB  –',
  ]);
  expect(renderChoices(reportOf(run(), join(0, 'desk'), found(0), attempt(0, 'desk', 0, 5), end(6)))).toEqual(
    [],
  );
});
