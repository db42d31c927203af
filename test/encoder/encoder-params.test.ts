import { AV_LOG_WARNING, AV_PIX_FMT_YUV420P10LE, FF_ENCODER_LIBSVTAV1 } from 'node-av/constants';
import { Codec, CodecContext, Dictionary, Log, Rational } from 'node-av/lib';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { SVT_AV1_PARAMS } from '../../src/encoder/encoders/svt-av1-params.ts';
import { encoderOf } from '../../src/encoder/encoders.ts';
import { parseEncoderParams } from '../../src/encoder/params.ts';

const parse = (text: string) => parseEncoderParams(text, encoderOf('svt-av1'));

describe('--encoder-params', () => {
  test('is read into checked pairs, sorted, in plain form', () => {
    expect(parse('tune=0:enable-qm=+1: qm-min = 04 :')).toEqual({
      'enable-qm': '1',
      'qm-min': '4',
      tune: '0',
    });
    expect(Object.keys(parse('tune=0:aq-mode=1'))).toEqual(['aq-mode', 'tune']);
    expect(parse('')).toEqual({});
  });

  test('has a bound', () => {
    expect(() => parse('tune=0:'.repeat(1000))).toThrow('at most 4096 are taken');
  });

  test.each([
    ['tune=9', 'The encoder parameter tune is "9", expected a whole number from 0 to 2.'],
    ['tune=fast', 'The encoder parameter tune is "fast", expected a whole number from 0 to 2.'],
    ['quantizer-matrix=1', /is not known for SVT-AV1. Known are aq-mode, chroma-qm-max, /],
    ['tunee=1', 'The encoder parameter tunee is not known for SVT-AV1. Did you mean tune?'],
    [
      'variance_boost=1',
      'The encoder parameter variance_boost is not known for SVT-AV1. Did you mean enable-variance-boost?',
    ],
    ['zzz=1', 'The encoder parameter zzz is not known for SVT-AV1. Known are aq-mode, '],
    ['__proto__=1', /is not known for SVT-AV1/],
    ['constructor=1', /is not known for SVT-AV1/],
    ['crf=20', 'The encoder parameter crf cannot be set: use --crf.'],
    ['lp=4', "The encoder parameter lp cannot be set: each machine's daemon decides it."],
    ['stats=/etc/passwd', 'The encoder parameter stats cannot be set: use --passes.'],
    ['film-grain=8', 'The encoder parameter film-grain cannot be set: use --grainsynth.'],
    ['tune=0:tune=1', '--encoder-params sets tune twice; give it once.'],
    [
      'tune',
      '--encoder-params got "tune", expected key=value pairs joined by colons, as in tune=0:aq-mode=1.',
    ],
    ['tune=0=1', /expected key=value pairs/],
  ])('refuses %s with a sentence', (text, sentence) => {
    expect(() => parse(text)).toThrow(sentence);
  });
});

describe('the embedded SVT-AV1 takes every key of the allowlist at both ends of its range', () => {
  const complaints: string[] = [];
  beforeAll(() => {
    Log.setLevel(AV_LOG_WARNING);
    Log.setCallback((_level, message) => complaints.push(message));
  });
  afterAll(() => Log.resetCallback());

  test.each(Object.entries(SVT_AV1_PARAMS.known))('%s', async (key, rule) => {
    for (const value of 'min' in rule ? [rule.min, rule.max] : rule.words) {
      complaints.length = 0;
      const context = new CodecContext();
      const codec = Codec.findEncoderByName(FF_ENCODER_LIBSVTAV1);
      context.allocContext3(codec);
      Object.assign(context, {
        width: 192,
        height: 112,
        pixelFormat: AV_PIX_FMT_YUV420P10LE,
        timeBase: new Rational(1, 24),
        framerate: new Rational(24, 1),
      });
      const params = `lp=1:${key}=${value}`;
      const options = Dictionary.fromObject({ preset: '10', crf: '35', 'svtav1-params': params });
      expect(await context.open2(codec, options), params).toBeGreaterThanOrEqual(0);
      options.free();
      context.freeContext();
      // The log's callback comes from another thread.
      await new Promise((resolve) => setImmediate(resolve));
      expect(complaints.filter((text) => text.includes('Error parsing option'))).toEqual([]);
    }
  });
});
