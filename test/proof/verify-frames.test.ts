import { describe, expect, test } from 'vitest';
import { PICTURE_BYTES } from '../../src/media/sketch.ts';
import { type FrameComparison, FrameVerifier, type SeenFrame } from '../../src/proof/verify-frames.ts';
import { randomFrom } from '../container/random.ts';

const MILLISECOND = { num: 1, den: 1000 };

/** A picture whose pattern moves by `speed` of a step a frame. */
function pictureOf(index: number, speed = 1, brightness = 0): Uint8Array {
  return Uint8Array.from({ length: PICTURE_BYTES }, (_, place) => {
    const value = 100 + 60 * Math.sin((place % 32) / 5 + index * speed * 0.2) + brightness;
    return Math.max(0, Math.min(255, Math.round(value)));
  });
}

type TestFrame = Pick<SeenFrame, 'pts' | 'picture'> & Partial<SeenFrame>;

function frame(index: number, pts = index * 40, speed = 1): SeenFrame {
  return { pts: BigInt(pts), picture: pictureOf(index, speed), hdr10Plus: null };
}

function frames(count: number, speed = 1): SeenFrame[] {
  return Array.from({ length: count }, (_, index) => frame(index, index * 40, speed));
}

function compare(
  sourceFrames: readonly TestFrame[],
  outputFrames: readonly TestFrame[],
  tick = MILLISECOND,
): FrameComparison {
  const seen = (frame: TestFrame): SeenFrame => ({ hdr10Plus: null, ...frame });
  const [source, output] = [sourceFrames.map(seen), outputFrames.map(seen)];
  const verifier = new FrameVerifier(MILLISECOND, tick);
  let next = 0;
  for (const frame of output) {
    while (verifier.wantsSource) verifier.addSource(source[next++] ?? null);
    verifier.addOutput(frame);
  }
  while (next <= source.length) verifier.addSource(source[next++] ?? null);
  return verifier.report();
}

test('equal files are equal, and only a window of the source is asked for ahead', () => {
  const report = compare(frames(300), frames(300));
  expect(report).toMatchObject({ isEqual: true, sourceFrameCount: 300, outputFrameCount: 300 });
  const verifier = new FrameVerifier(MILLISECOND, MILLISECOND);
  let asked = 0;
  while (verifier.wantsSource) verifier.addSource(frame(asked++));
  expect(asked).toBeLessThan(40);
});

test('nothing is equal to nothing only', () => {
  expect(compare(frames(3), []).differences).toEqual(['The output has 0 frames, the source has 3.']);
  expect(compare([], frames(2)).differences).toEqual(['The output has 2 frames, the source has 0.']);
});

test('frames that are missing are named, and what follows is compared with what it is', () => {
  const report = compare(
    frames(100),
    frames(100).filter((_, index) => index < 30 || index > 32),
  );
  expect(report.differences).toEqual([
    'The output has 97 frames, the source has 100.',
    'Frames 30 to 32 of the source are missing from the output.',
  ]);
});

test('a frame that stands twice is named', () => {
  const output = frames(60);
  output.splice(20, 0, frame(20, 790));
  const { differences } = compare(frames(60), output);
  expect(differences[0]).toBe('The output has 61 frames, the source has 60.');
  expect(differences).toContain('Frame 21 of the output stands for frame 20 of the source once more.');
  expect(differences).toHaveLength(3);
});

test('missing at the end is seen by the count', () => {
  expect(compare(frames(50), frames(49)).differences).toEqual([
    'The output has 49 frames, the source has 50.',
  ]);
});

describe('timestamps', () => {
  test('may be rounded by less than a tick of the output', () => {
    const coarse = frames(50).map(({ picture }, index) => ({
      picture,
      pts: BigInt(Math.round((index * 40) / 3)),
    }));
    const report = compare(frames(50), coarse, { num: 3, den: 1000 });
    expect(report.isEqual).toBe(true);
    expect(report.maxTimestampErrorSeconds).toBeCloseTo(0.001, 6);
  });

  test('a whole tick is too much', () => {
    const late = frames(50).map(({ picture, pts }) => ({ picture, pts: pts + 1n }));
    const report = compare(frames(50), late);
    expect(report.isEqual).toBe(false);
    expect(report.differences).toHaveLength(20);
  });

  test('before zero are moved as a whole', () => {
    const early = frames(50).map(({ picture, pts }) => ({ picture, pts: pts - 80n }));
    expect(compare(early, frames(50)).isEqual).toBe(true);
  });
});

describe('pictures', () => {
  test('a lag behind a flash is no other frame, though nearer to its brightness', () => {
    const source = frames(60).map(({ pts }, index) => ({
      pts,
      picture: pictureOf(index, 0.05, index < 30 ? 0 : 6),
    }));
    const output = frames(60).map(({ pts }, index) => ({
      pts,
      picture: pictureOf(index, 0.05, index < 31 ? 0 : 6),
    }));
    expect(compare(source, output).differences).toEqual([]);
  });

  test('a shift too small to be seen in one frame is seen in many', () => {
    const random = randomFrom(3);
    const noisy = (picture: Uint8Array): Uint8Array =>
      picture.map((value) => value + Math.round(random() * 2 - 1));
    const source = frames(200, 0.1);
    const output = source.map(({ pts }, index) => ({
      pts,
      picture: noisy(pictureOf(Math.min(index + 1, 199), 0.1)),
    }));
    const { differences } = compare(source, output);
    expect(differences[0]).toMatch(
      /^Of frames 0 to 47 of the output, \d+ of \d+ frames in motion show the frame 1 after/,
    );
    expect(
      compare(
        source,
        source.map(({ pts, picture }) => ({ pts, picture: noisy(picture) })),
      ).isEqual,
    ).toBe(true);
  });

  test('another picture is named with how far it is off', () => {
    const output = frames(40).with(7, {
      pts: 280n,
      hdr10Plus: null,
      picture: new Uint8Array(PICTURE_BYTES).fill(255),
    });
    expect(compare(frames(40), output).differences).toEqual([
      expect.stringMatching(
        /^Frame 7 of the output does not look like frame 7 of the source: .* on average and by \d+ in one place\.$/,
      ),
    ]);
  });
});

describe('HDR10+', () => {
  const source = frames(60).map((frame, index) => ({ ...frame, hdr10Plus: `message ${index}` }));

  test('may be in no frame of the output', () => {
    const report = compare(source, frames(60));
    expect(report).toMatchObject({ isEqual: true, hdr10Plus: { source: 60, output: 0 } });
  });

  test('of each frame is its own', () => {
    expect(compare(source, source)).toMatchObject({ isEqual: true, hdr10Plus: { source: 60, output: 60 } });
    const late = source.map((frame, index) => ({
      ...frame,
      hdr10Plus: source[Math.max(0, index - 1)]?.hdr10Plus ?? null,
    }));
    const { differences } = compare(source, late);
    expect(differences[0]).toBe("HDR10+ metadata of frame 1 of the output is not the source's.");
    expect(differences).toHaveLength(20);
  });

  test('is missing where only some frames have it', () => {
    const holed = source.map((frame, index) =>
      index === 7 || index === 9 ? { ...frame, hdr10Plus: null } : frame,
    );
    expect(compare(source, holed).differences).toEqual([
      'HDR10+ metadata is missing from 2 of 60 frames, the first is 7.',
    ]);
  });

  test('of an output whose source has none is named', () => {
    expect(compare(frames(60), [...source.slice(0, 1), ...frames(60).slice(1)]).differences).toEqual([
      "Frame 0 of the output has HDR10+ metadata, the source's has none.",
    ]);
  });
});
