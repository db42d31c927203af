import { describe, expect, test } from 'vitest';
import { checkSettings } from '../../src/encoder/check-settings.ts';
import { defaultSettings } from '../../src/encoder/default-settings.ts';
import { isProgram } from '../../src/encoder/encoder-definition.ts';
import { encoderOf } from '../../src/encoder/encoders.ts';
import type { EncodeSettings } from '../../src/encoder/settings.ts';

const r = (num: number, den: number) => ({ num, den });
const PICTURE = {
  width: 1920,
  height: 1080,
  bitDepth: 10,
  frameRate: r(24, 1),
  sampleAspectRatio: r(1, 1),
  colour: { primaries: 9, transfer: 16, matrix: 9, range: 1, chromaLocation: 1 },
  masteringDisplay: null,
  contentLight: null,
} as const;

function optionsOf(settings: EncodeSettings, threads = 2): Readonly<Record<string, string>> {
  const { engine } = encoderOf(settings.encoder);
  if (isProgram(engine)) throw new Error(`${settings.encoder} is a program.`);
  return engine.options({ settings, threads, pass: 1, statsPath: '/tmp/stats' });
}

function paramsOf(settings: EncodeSettings, threads = 2): Record<string, string> {
  const text = optionsOf(settings, threads)['svtav1-params'] ?? '';
  return Object.fromEntries(text.split(':').map((pair) => pair.split('=') as [string, string]));
}

describe('default settings', () => {
  test.each([
    [720, 576, 5, 28],
    [1280, 720, 5, 30],
    [1920, 1080, 6, 32],
    [2560, 1440, 7, 33],
    [3840, 2160, 8, 35],
  ])('suit the size %i x %i', (width, height, preset, crf) => {
    expect(defaultSettings({ ...PICTURE, width, height })).toMatchObject({
      preset,
      rate: { value: crf },
      params: {},
    });
  });
});

describe('options of a chunk', () => {
  test('make it one closed GOP without scene detection, with the user’s parameters', () => {
    const settings = { ...defaultSettings(PICTURE), params: { tune: '0' } };
    expect(optionsOf(settings)).toMatchObject({ preset: '6', crf: '32' });
    expect(paramsOf(settings)).toEqual({ tune: '0', lp: '2', keyint: '-1', 'irefresh-type': '2', scd: '0' });
  });

  test('hold threads within what SVT-AV1 takes', () => {
    expect(paramsOf(defaultSettings(PICTURE), 64).lp).toBe('6');
    expect(paramsOf(defaultSettings(PICTURE), 0).lp).toBe('1');
  });

  test('carry HDR10 metadata', () => {
    const picture = {
      ...PICTURE,
      masteringDisplay: {
        green: [r(13_250, 50_000), r(34_500, 50_000)],
        blue: [r(7500, 50_000), r(3000, 50_000)],
        red: [r(34_000, 50_000), r(16_000, 50_000)],
        white: [r(15_635, 50_000), r(16_450, 50_000)],
        maxLuminance: r(10_000_000, 10_000),
        minLuminance: r(1, 10_000),
      },
      contentLight: { maxContent: 1000, maxFrameAverage: 400 },
    } as const;
    expect(paramsOf(defaultSettings(picture))).toMatchObject({
      'mastering-display':
        'G(0.265000,0.690000)B(0.150000,0.060000)R(0.680000,0.320000)WP(0.312700,0.329000)L(1000.000000,0.000100)',
      'content-light': '1000,400',
    });
  });

  test.each<[Partial<EncodeSettings>, string | RegExp]>([
    [
      { rate: { type: 'quality', value: 32.5 } },
      "SVT-AV1's CRF is 32.5, expected a whole number from 1 to 63.",
    ],
    [{ preset: 14 }, "SVT-AV1's preset is 14, expected a whole number from 0 to 13."],
    [{ params: { lp: '99' } }, /lp cannot be set/],
    [
      { encoder: 'aomenc', preset: 6, passes: 3 },
      /^aomenc makes 1 to 2 passes at a constant CQ level, 3 were asked for: a third fails .*"Memory allocation error"/,
    ],
    [
      { encoder: 'svtav1encapp', passes: 3 },
      /1 to 2 passes at a constant CRF, 3 were asked for: .*"CRF does not support 3-pass"\)\.$/,
    ],
  ])('are refused for %o, wherever it came from', (change, sentence) => {
    expect(() => checkSettings({ ...defaultSettings(PICTURE), ...change })).toThrow(sentence);
  });
});
