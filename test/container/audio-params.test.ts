import { describe, expect, test } from 'vitest';
import { parseAudioParams } from '../../src/container/audio-params.ts';

const plain = { bitrateKbps: null, channels: null, lfeMixLevel: null };

describe('what is allowed', () => {
  test.each([
    ['copy', 'copy'],
    ['-c:a copy', 'copy'],
    ['opus', { codec: 'opus', ...plain }],
    ['', { codec: 'opus', ...plain }],
    ['opus:128k', { codec: 'opus', ...plain, bitrateKbps: 128 }],
    ['aac:96000', { codec: 'aac', ...plain, bitrateKbps: 96 }],
    ['flac', { codec: 'flac', ...plain }],
    ['-c:a libopus -b:a 96k -ac 2', { codec: 'opus', ...plain, bitrateKbps: 96, channels: 2 }],
    ['-ac 1', { codec: 'opus', ...plain, channels: 1 }],
    [
      '-c:a libopus -ac 2 -b:a 96k -vbr on -lfe_mix_level 0.5',
      { codec: 'opus', bitrateKbps: 96, channels: 2, lfeMixLevel: 0.5 },
    ],
  ])('%j', (text, expected) => expect(parseAudioParams(text)).toEqual(expected));
});

describe('what is refused says what to write', () => {
  test.each([
    ['-c:a libopus -b:v 96k', /for audio write -b:a 96k/],
    ['-c:a libmp3lame', /does not know the codec “libmp3lame”.*Allowed are/],
    ['-c:a __proto__', /does not know the codec/],
    ['opus:fast', /the bitrate “fast”; between 6k and 1024k/],
    ['opus:5k', /between 6k and 1024k/],
    ['opus:128k:2', /Allowed are/],
    ['opus 128k', /does not know the codec “opus 128k”/],
    ['-ac 9', /-ac got “9”; a number from 1 to 8/],
    ['-ac 2.5', /-ac got “2.5”/],
    ['-lfe_mix_level -1', /-lfe_mix_level got “-1”/],
    ['-c:a', /-c:a stands without a value/],
    ['-vbr off', /-vbr got “off”/],
    ['-af volume=2', /does not know “-af”/],
    ['flac:500k', /FLAC is lossless/],
    ['-c:a copy -ac 2', /cannot be copied and changed at once/],
    ['; rm -rf /', /does not know the codec/],
  ])('%j', (text, expected) => expect(() => parseAudioParams(text)).toThrow(expected));
});
