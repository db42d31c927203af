import { AV_PIX_FMT_YUV420P, AV_PIX_FMT_YUV420P10LE } from 'node-av/constants';
import { Frame } from 'node-av/lib';
import { describe, expect, test } from 'vitest';
import { FilterMeter } from '../../node/engine/score/filter-meter.ts';
import { type BuiltInMetric, METRICS } from '../../src/quality/metric.ts';

interface Size {
  readonly width: number;
  readonly height: number;
}

/** What a picture's chroma is like: its error is that of the luma, or it has none, with colour or without, or a trace of colour comes in. */
type Chroma = 'spoilt' | 'exact' | 'none' | 'tinted';

/** Scores of a picture and of the one after it, each with an error that is the same in both depths. */
async function scoresAt(
  bitDepth: 8 | 10,
  size: Size,
  chroma: Chroma = 'spoilt',
  metric: BuiltInMetric = 'xpsnr',
): Promise<number[]> {
  const { width, height } = size;
  const video = { width, height, bitDepth, frameRate: { num: 24, den: 1 } };
  const meter = new FilterMeter(metric, video);
  try {
    for (const index of [0, 1]) {
      const [reference, distorted] = [0, 1].map((error) => draw(bitDepth, size, chroma, index, error));
      await meter.add(reference as Frame, distorted as Frame);
      reference?.free();
      distorted?.free();
    }
    return await meter.finish();
  } finally {
    await meter.close();
  }
}

function draw(
  bitDepth: 8 | 10,
  { width, height }: Size,
  chroma: Chroma,
  index: number,
  error: number,
): Frame {
  const frame = new Frame();
  frame.alloc();
  frame.format = bitDepth === 10 ? AV_PIX_FMT_YUV420P10LE : AV_PIX_FMT_YUV420P;
  frame.width = width;
  frame.height = height;
  frame.allocBuffer();
  for (const [plane, data] of (frame.data ?? []).entries()) {
    const stride = frame.linesize[plane] ?? 0;
    const scale = plane === 0 ? 1 : 2;
    for (let y = 0; y < height / scale; y += 1) {
      for (let x = 0; x < width / scale; x += 1) {
        const isWrong = plane === 0 || chroma === 'spoilt';
        const pattern =
          60 + ((x + 3 * index) % 64) + (y % 50) + (isWrong ? error * ((x * 5 + y * 3) % 4) : 0);
        const tint = chroma === 'tinted' && x < 8 && y < 8 ? error : 0;
        const value = plane > 0 && (chroma === 'none' || chroma === 'tinted') ? 128 + tint : pattern;
        if (bitDepth === 8) data[y * stride + x] = value;
        else data.writeUInt16LE(value << 2, y * stride + 2 * x);
      }
    }
  }
  return frame;
}

/** A sample of 8 bits is a quarter of one of 10, whose largest is not quite four times as large. */
const DEPTHS_APART = 20 * Math.log10(1023 / (4 * 255));

test.each([
  { width: 352, height: 288 },
  { width: 480, height: 270 },
  { width: 202, height: 114 },
  { width: 320, height: 180 },
])(
  'XPSNR of $width x $height is the same in 8 and in 10 bits, whatever lies between a picture’s rows',
  async (size) => {
    const [coarse, fine] = [await scoresAt(8, size), await scoresAt(10, size)];
    expect(fine).toHaveLength(2);
    for (const [index, score] of fine.entries())
      expect(score).toBeCloseTo((coarse[index] ?? 0) + DEPTHS_APART, 1);
  },
);

test.each([
  { width: 44, height: 46 },
  { width: 2560, height: 1082 },
])('XPSNR of $width x $height is refused, and the way out named', async (size) => {
  await expect(scoresAt(10, size)).rejects.toThrow(/says nothing of a picture of .* Take VMAF or SSIM/);
});

describe.each([8, 10] as const)(
  'a picture in %i bits without colour is scored by its luma alone',
  (bitDepth) => {
    const size = { width: 202, height: 114 };

    test('XPSNR', async () => {
      const { most } = METRICS.xpsnr;
      const exact = await scoresAt(bitDepth, size, 'exact');
      const ofLuma = exact.map((score) => (6 * score - 2 * most) / 4);
      for (const [index, score] of (await scoresAt(bitDepth, size, 'none')).entries()) {
        expect(score).toBeCloseTo(ofLuma[index] ?? 0, 3);
        expect(score).toBeLessThan(most - 10);
      }
    });

    test('SSIM', async () => {
      const exact = await scoresAt(bitDepth, size, 'exact', 'ssim');
      for (const [index, score] of (await scoresAt(bitDepth, size, 'none', 'ssim')).entries())
        expect((exact[index] ?? 0) - score).toBeCloseTo(10 * Math.log10(6 / 4), 2);
    });

    test.each(['xpsnr', 'ssim'] as const)('a trace of colour makes %s no better', async (metric) => {
      const grey = await scoresAt(bitDepth, size, 'none', metric);
      for (const [index, score] of (await scoresAt(bitDepth, size, 'tinted', metric)).entries())
        expect(score).toBeCloseTo(grey[index] ?? 0, 3);
    });
  },
);
