import { expect, test } from 'vitest';
import type { JobSummary, PeerProgress } from '../../src/protocol/control-api.ts';
import { parseScoreTarget } from '../../src/quality/score-target.ts';
import { renderJob } from '../../src/report/status.ts';
import { PLAIN } from '../../src/report/style.ts';
import { renderSummary } from '../../src/report/summary.ts';
import { jobView } from '../fixtures/canned-daemon.ts';

const desk: PeerProgress = {
  id: '1',
  name: 'desk',
  isSelf: true,
  running: 0,
  slotSeconds: { encoding: 10, waiting: 0.1 },
  framesDone: 250,
  chunksDone: 3,
  encodeRate: null,
  isMeasuring: false,
  leftOut: null,
};

const summary: JobSummary = {
  frameCount: 1000,
  chunkCount: 10,
  chunksReused: 2,
  wallSeconds: 65,
  sourceBytes: 25_000_000,
  outputBytes: 5_000_000,
  output: '/films/in.av1.mkv',
  retries: ['chunk 3 on nas: the connection was lost'],
  rebuiltTimestampCount: 3,
  scaledFrameCount: 60,
  quality: null,
  allocation: null,
  cuts: [0],
  peers: [
    desk,
    { ...desk, isSelf: false, name: 'nas', framesDone: 750, chunksDone: 5 },
    {
      ...desk,
      isSelf: false,
      name: 'tv',
      framesDone: 0,
      chunksDone: 0,
      leftOut: 'its encoder build differs',
    },
    { ...desk, isSelf: false, name: 'idle', framesDone: 0, chunksDone: 0 },
  ],
  cpuSeconds: { scan: 1, encode: 100, proof: 2 },
  efficiency: 0.9315,
  attemptCount: 11,
  slicedPacketCount: 1400,
  slotsWaitedShare: 0.01,
  sliceBytes: { fromLeader: 20_000_000, direct: 0 },
  directSliceCount: 0,
  stolenCount: 0,
  detours: [{ chunk: 3, asked: 42, taken: 41 }],
};

test('a finished job tells what was made, by whom, and what went wrong on the way', () => {
  expect(renderSummary(jobView({ phase: 'done', summary }), PLAIN)).toEqual([
    'Done: /films/in.av1.mkv',
    '  frames      1000 in 10 chunks, 2 of them reused',
    '  time        1 min 05 s (15.4 frames/s)',
    '  size        25.0 MB → 5.0 MB (20.0 % of the source)',
    '  peers       nas                  5 chunks  750 frames  75.0 %',
    '              desk (this machine)  3 chunks  250 frames  25.0 %',
    '  left out    tv: its encoder build differs',
    '  timestamps  3 frames had a missing or backward one; it was rebuilt, strictly rising',
    '  scaled      60 frames of another size than the source’s first picture, each to that size',
    '  other CRFs  1 chunk, as the encoder spoils a picture at the asked one',
    '              chunk 3: 41 instead of 42',
    '  retries     1',
    '              chunk 3 on nas: the connection was lost',
    '  report      93.2 % of the best possible; what cost time is told by: vadeio-node job ab12cd34ef --report',
  ]);
});

test('a long list of retries is counted, not poured out', () => {
  const retries = Array.from({ length: 50 }, (_, i) => `chunk ${i} failed`);
  const lines = renderSummary(jobView({ phase: 'done', summary: { ...summary, retries } }), PLAIN);
  expect(lines.filter((line) => /chunk \d+ failed/.test(line))).toHaveLength(10);
  expect(lines.map((line) => line.trim())).toContain('and 40 more');
});

test('a failed job says why, what is kept and how to go on', () => {
  expect(renderSummary(jobView({ phase: 'failed', error: 'The disk is full.' }), PLAIN)).toEqual([
    'Failed: The disk is full.',
    'What was encoded is kept: 300 of 1000 frames in 3 chunks. The same command goes on from there.',
  ]);
});

test('a stopped job says how to go on', () => {
  expect(renderSummary(jobView({ phase: 'stopped' }), PLAIN)).toEqual([
    'Stopped with 300 of 1000 frames in 3 chunks kept. The same command goes on from there.',
  ]);
});

test('a stopped job that aims at a score says that its tries are kept, though none may be a chunk’s result', () => {
  const target = { ...parseScoreTarget('vmaf=95'), model: 'auto', minCrf: null, maxCrf: null } as const;
  const quality = {
    ...{ target, targetCount: 1, range: { min: 7, max: 51, step: 1 }, settledCount: 0, probeCount: 0 },
    ...{ reusedProbeCount: 0, missedCount: 0, besideCount: 0 },
  };
  expect(renderSummary(jobView({ phase: 'stopped', quality }), PLAIN)).toEqual([
    'Stopped with 300 of 1000 frames in 3 chunks kept, and what was tried of others. The same command goes on from there.',
  ]);
});

test('where a score was aimed at: what it became, at which CRFs, in how many probes, and what was missed', () => {
  const target = { ...parseScoreTarget('vmaf=95'), model: 'auto', minCrf: null, maxCrf: null } as const;
  const quality = {
    ...{ target, targetCount: 1, range: { min: 7, max: 51, step: 1 }, settledCount: 3, probeCount: 6 },
    ...{ reusedProbeCount: 1, missedCount: 2, besideCount: 0 },
  };
  const chunks = [
    { chunk: 0, crf: 51, score: 98.126, probeCount: 3, spoiled: [], isMet: false },
    { chunk: 1, crf: 30, score: 95.1, probeCount: 1, spoiled: [], isMet: true },
    { chunk: 2, crf: 28, score: 94.5, probeCount: 6, spoiled: [33, 36], isMet: false },
  ];
  const job = jobView({
    phase: 'done',
    quality,
    summary: { ...summary, chunkCount: 3, quality: { score: 95.34, chunks } },
  });
  expect(renderSummary(job, PLAIN).slice(4, 10)).toEqual([
    '  quality     VMAF 95.34 (mean of all frames, as the machines say that encoded them)',
    '              aimed at VMAF 95 in every chunk (94.6 to 95.4)',
    '              CRF 28 to 51, 2.00 probes a chunk (6, 1 of them from before)',
    '  missed      in 2 chunks, which took the nearest',
    '              chunk 0: VMAF 98.13 at CRF 51; the search ends there (--max-crf)',
    '              chunk 2: VMAF 94.50 at CRF 28; the nearest of 6 tries; at 33, 36 the encoder spoils a picture',
  ]);
  const zoned = renderSummary({ ...job, quality: { ...quality, targetCount: 2 } }, PLAIN);
  expect(zoned[5]).toContain('in every chunk (94.6 to 95.4) but in zones with a score of their own');
  expect(renderJob(job, 80, PLAIN).slice(-4)).toEqual([
    'CHUNK  CRF  VMAF            PROBES',
    '0      51   98.13 (missed)  3',
    '1      30   95.10           1',
    '2      28   94.50 (missed)  6',
  ]);
});

test('where a size was aimed at: what it became, and why it is another', () => {
  const budget = {
    ...{ goal: { type: 'bitrate', kbps: 1000 } as const, range: { min: 7, max: 51, step: 1 } },
    ...{ settledCount: 10, probeCount: 12, reusedProbeCount: 0, crfs: [28, 51] as const, kbps: 1004 },
    score: null,
  };
  const rows = (changes: Partial<typeof budget>) =>
    renderSummary(jobView({ phase: 'done', budget: { ...budget, ...changes }, summary }), PLAIN).slice(4, 7);
  expect(rows({})).toEqual([
    '  bitrate     1004 kb/s of the video, 1000 were asked for (+0.4 %)',
    '              CRF 28 to 51, 1.20 probes a chunk (12)',
    '  peers       nas                  5 chunks  750 frames  75.0 %',
  ]);
  expect(rows({ kbps: 1200 })[2]).toBe(
    '  missed      the CRFs that were searched end there (--min-crf, --max-crf)',
  );
});
