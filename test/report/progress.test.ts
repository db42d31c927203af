import { stripVTControlCharacters } from 'node:util';
import { expect, test } from 'vitest';
import type { PeerProgress } from '../../src/protocol/control-api.ts';
import { renderProgress, renderProgressLine, shareOf } from '../../src/report/progress.ts';
import { COLOURED, PLAIN } from '../../src/report/style.ts';
import { jobView } from '../fixtures/canned-daemon.ts';

const peer = (name: string, changes: Partial<PeerProgress> = {}): PeerProgress => ({
  id: name,
  name,
  isSelf: false,
  running: 1,
  slotSeconds: { encoding: 10, waiting: 0.1 },
  framesDone: 100,
  chunksDone: 2,
  encodeRate: 12.34,
  isMeasuring: false,
  leftOut: null,
  ...changes,
});

const { progress } = jobView();
const withPeers = (peers: readonly PeerProgress[]) => jobView({ progress: { ...progress, peers } });

test('the live block shows frames, percent, rate, time left, size and who works', () => {
  const job = withPeers([
    peer('nas'),
    peer('desk', { isSelf: true, running: 2 }),
    peer('old-laptop', { leftOut: 'its encoder build differs' }),
    peer('tv', { running: 0, isMeasuring: true }),
  ]);
  expect(renderProgress(job, 80, PLAIN)).toEqual([
    'in.mkv → in.av1.mkv',
    '████████████████░░░░░░░░░░░░░░░░░░░░░░░░ 40.0 %  400 of 1000 frames',
    '25.0 frames/s · 24 s left · about 5.0 MB · 16 s so far',
    '  desk (this machine)  2 running  12.3 frames/s  100 frames done',
    '  nas                  1 running  12.3 frames/s  100 frames done',
    '  old-laptop           left out: its encoder build differs',
    '  tv                   trying its encoder with these settings',
  ]);
});

test('colours change nothing but the colours', () => {
  const job = withPeers([peer('nas')]);
  const coloured = renderProgress(job, 80, COLOURED).join('\n');
  expect(coloured).not.toBe(renderProgress(job, 80, PLAIN).join('\n'));
  expect(stripVTControlCharacters(coloured)).toBe(renderProgress(job, 80, PLAIN).join('\n'));
});

test('a swarm of many peers does not scroll the terminal away', () => {
  const job = withPeers(Array.from({ length: 20 }, (_, i) => peer(`peer-${i}`)));
  const lines = renderProgress(job, 80, PLAIN);
  expect(lines).toHaveLength(12);
  expect(lines.at(-1)).toBe('  and 12 more peers');
});

test('a plain line says the same in one line', () => {
  expect(renderProgressLine(withPeers([peer('nas'), peer('tv', { running: 0 })]))).toBe(
    'in.av1.mkv: 400 of 1000 frames, 40.0 %, 25.0 frames/s, 24 s left, about 5.0 MB, 16 s so far, 1 peer at work',
  );
});

test('a plain line says what is waited for while nobody encodes yet', () => {
  const job = withPeers([peer('tv', { running: 0, isMeasuring: true })]);
  expect(renderProgressLine(job)).toMatch(/, 1 peer trying the encoder first$/);
});

test('what is not known yet is not invented', () => {
  const early = jobView({
    phase: 'inspecting',
    progress: {
      ...progress,
      frameCount: null,
      framesEncoded: 0,
      framesCommitted: 0,
      encodeRate: null,
      etaSeconds: null,
      expectedBytes: null,
    },
  });
  expect(renderProgressLine(early)).toBe('in.av1.mkv: 0 frames, 0.0 %, inspecting, 16 s so far');
});

test('an estimate of the frame count that proves too low does not give more than all', () => {
  const job = jobView({
    progress: {
      ...progress,
      frameCount: 300,
      isFrameCountExact: false,
      framesScanned: 500,
      framesEncoded: 400,
    },
  });
  expect(shareOf(job)).toBe(0.8);
  expect(shareOf(jobView({ phase: 'done' }))).toBe(1);
});

test('only the name of a file is shown, on Windows too', () => {
  const [first] = renderProgress(jobView({ input: 'C:\\films\\a b.mkv' }), 80, PLAIN);
  expect(first).toBe('a b.mkv → in.av1.mkv');
});
