import { expect, test } from 'vitest';
import { plotJob } from '../../../src/report/job/plot-job.ts';
import type { HistoryRecord } from '../../../src/report/job/records.ts';
import { attempt, end, found, join, reportOf, run } from './hand-made.ts';

/** Three chunks of 100 frames and 4 s, of which the first two were scored. */
function report() {
  const chosen = (chunk: number, score: number): HistoryRecord => ({
    ...{ type: 'chunk-chosen', ms: 1, chunk, attempt: chunk, quality: 30, score, probeCount: 1 },
  });
  const made = reportOf(
    run(),
    join(0, 'desk'),
    found(0, 0, 0),
    attempt(0, 'desk', 0, 1, { resultBytes: 101_232 }),
    chosen(0, 95.2),
    attempt(1, 'desk', 1, 2, { resultBytes: 51_232 }),
    chosen(1, 94.9),
    attempt(2, 'desk', 2, 3, { resultBytes: 51_232 }),
    end(3),
  );
  return { ...made, aim: { metric: 'vmaf', range: { least: 94.6, most: 95.4 } } } as const;
}

test('bitrates are of the coded video over the time for which a chunk is shown', () => {
  const plot = plotJob(report()) ?? '';
  // Without what only the files of chunks say: 32 bytes, and 12 a frame.
  expect(plot).toContain('Chunk 0, frames 0 to 99, at 0:00: 200 kb/s, 100 kB');
  expect(plot).toContain('Chunk 2, frames 200 to 299, at 0:08: 100 kb/s, 50.0 kB');
  expect(plot.match(/class="cuts" d="([^"]*)"/)?.[1]?.match(/M/g)).toHaveLength(2);
});

test('a score stands where it is known, and without any the bitrate stands alone', () => {
  const plot = plotJob(report()) ?? '';
  expect(plot).toContain('VMAF, of each chunk (green: what was aimed at)');
  expect(plot.match(/VMAF \d+\.\d+ at CRF 30/g)).toEqual(['VMAF 95.20 at CRF 30', 'VMAF 94.90 at CRF 30']);
  const plain = plotJob({ ...report(), aim: null }) ?? '';
  expect(plain).not.toContain('VMAF');
  expect(plain).toContain('Bitrate of the video');
});

test('where no chunk is known with its time, there is nothing to draw', () => {
  const { manifest, ...rest } = report();
  expect(
    plotJob({ ...rest, manifest: manifest.map((entry) => ({ ...entry, shownSeconds: null })) }),
  ).toBeNull();
});

test('bars between two values of the scale stand where they belong', () => {
  const plot = plotJob({ ...report(), aim: null }) ?? '';
  // 0 stands at 174, 200 kb/s at 24: each chunk is a third of the 1116 points from 64.
  expect(plot).toContain('class="value" d="M64 24H436L436 99H808L808 99H1180"');
});
