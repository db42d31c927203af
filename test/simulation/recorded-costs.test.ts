import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { readRecordedCosts } from './recorded-costs.ts';

const { preset, encoder, machine, clips } = readRecordedCosts();
const chunks = clips.flatMap((clip) => clip.chunks);

describe('the recorded costs', () => {
  test('are of at least 300 chunks of at least five clips', () => {
    expect(chunks.length).toBeGreaterThanOrEqual(300);
    expect(clips.filter((clip) => clip.chunks.length >= 5).length).toBeGreaterThanOrEqual(5);
    expect(new Set(clips.map((clip) => clip.name)).size).toBe(clips.length);
  });

  test('say what measured them', () => {
    expect(encoder).toMatch(/SVT-AV1 .*digest [0-9a-f]{16}/);
    expect(machine).not.toBe('');
    expect(preset).toBeGreaterThanOrEqual(0);
    for (const clip of clips) {
      expect(clip.from).toMatch(/^(npm|Debian|GitHub) /);
      expect(Math.min(clip.width, clip.height, clip.frameRate, clip.crf)).toBeGreaterThan(0);
    }
  });

  test('are positive, and a decode is only a part of its attempt', () => {
    for (const chunk of chunks) {
      const { frames, complexity, sliceBytes, resultBytes, cpuSeconds, decodeCpuSeconds } = chunk;
      expect(
        Math.min(frames, complexity, sliceBytes, resultBytes, cpuSeconds, decodeCpuSeconds),
      ).toBeGreaterThan(0);
      expect(decodeCpuSeconds).toBeLessThan(cpuSeconds);
      expect(chunk.leadInPackets).toBeGreaterThanOrEqual(0);
    }
  });

  test('follow one another in each file, none twice', () => {
    for (const clip of clips) {
      for (const [i, chunk] of clip.chunks.entries()) {
        const before = clip.chunks[i - 1];
        const isNext = before?.file === chunk.file;
        expect(chunk.startFrame).toBe(isNext ? before.startFrame + before.frames : 0);
      }
    }
  });

  test('are small enough to stay in the repository', () => {
    const text = readFileSync(new URL('./recorded-costs.json', import.meta.url));
    expect(text.length).toBeLessThan(200_000);
  });
});
