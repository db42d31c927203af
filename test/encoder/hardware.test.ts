import { describe, expect, test } from 'vitest';
import { checkSettings } from '../../src/encoder/check-settings.ts';
import { defaultSettings } from '../../src/encoder/default-settings.ts';
import { isHardware, isProgram } from '../../src/encoder/encoder-definition.ts';
import { ENCODER_NAMES, type EncoderName, encoderOf } from '../../src/encoder/encoders.ts';
import { parseEncoderParams } from '../../src/encoder/params.ts';
import type { Rate } from '../../src/encoder/settings.ts';
import { PICTURE } from '../fixtures/plain-picture.ts';

/** What FFmpeg is told; nothing of it was run on a device here. */
function optionsOf(encoder: EncoderName, preset: string, rate: Rate, params = ''): Record<string, string> {
  const definition = encoderOf(encoder);
  const { engine, presets } = definition;
  if (isProgram(engine)) throw new Error(`${encoder} is a program.`);
  const settings = {
    ...defaultSettings(PICTURE, encoder),
    preset: presets.indexOf(preset),
    rate,
    params: parseEncoderParams(params, definition),
  };
  checkSettings(settings);
  return { ...engine.options({ settings, threads: 2, pass: 1, statsPath: '/tmp/stats' }) };
}

const quality = (value: number): Rate => ({ type: 'quality', value });
const ENDLESS = '65535';

describe('an encoder in hardware is told one closed GOP at a quality', () => {
  test.each([
    [
      'av1-nvenc',
      ['p5', quality(28), 'multipass=fullres:tune=uhq'],
      { preset: 'p5', rc: 'vbr', cq: '28', b: '0', 'no-scenecut': '1', multipass: 'fullres', tune: 'uhq' },
    ],
    ['av1-nvenc', ['p7', { type: 'bitrate', kbps: 900 }], { rc: 'vbr', b: '900k' }],
    ['av1-qsv', ['slow', quality(24)], { preset: 'slow', global_quality: '24', adaptive_i: '0' }],
    ['av1-amf', ['quality', quality(110)], { rc: 'cqp', qp_i: '110', qp_p: '110', bitdepth: '10' }],
    ['av1-vaapi', ['default', quality(110), 'bf=2'], { rc_mode: 'CQP', global_quality: '110', bf: '2' }],
    // 100 is the best there; 118 is one step of it in FFmpeg's lambda.
    [
      'hevc-videotoolbox',
      ['default', quality(35)],
      { flags: '+qscale', global_quality: '7670', profile: 'main10' },
    ],
  ] as const)('%s %j', (name, [preset, rate, params], expected) => {
    expect(optionsOf(name, preset, rate, params)).toMatchObject({ ...expected, g: ENDLESS });
  });
});

test('what changes the chunk’s shape or its machine cannot be set', () => {
  expect(() => optionsOf('av1-nvenc', 'p5', quality(28), 'g=30')).toThrow(
    /g cannot be set: every chunk is one/,
  );
  expect(() => optionsOf('av1-nvenc', 'p5', quality(28), 'gpu=1')).toThrow(/each machine's daemon decides/);
  expect(() => optionsOf('av1-qsv', 'slow', quality(52))).toThrow(
    /ICQ is 52, expected a whole number from 1 to 51/,
  );
});

test('devices are told apart by what FFmpeg says of them', () => {
  const told = (name: EncoderName, line: string): string[] => {
    const { engine } = encoderOf(name);
    if (isProgram(engine) || engine.hardware === undefined) throw new Error(`${name} is no hardware.`);
    return engine.hardware.told.flatMap((mark) => mark.exec(line)?.[0] ?? []);
  };
  expect(told('av1-nvenc', '[ GPU #0 - < NVIDIA GeForce RTX 4060 > has Compute SM 8.9 ]')).toEqual([
    'GPU #0 - < NVIDIA GeForce RTX 4060 >',
  ]);
  expect(told('av1-vaapi', 'VAAPI driver: Mesa Gallium driver 24.0.5 for AMD Radeon RX 7600.')).toHaveLength(
    1,
  );
  expect(ENCODER_NAMES.filter((name) => isHardware(encoderOf(name).engine))).toHaveLength(5);
});
