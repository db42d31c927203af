import { describe, expect, test } from 'vitest';
import { carriedMetadata, carriedStreamMetadata } from '../../src/container/metadata.ts';
import { OutputTicks, rescale } from '../../src/container/output-ticks.ts';
import { keptPriming } from '../../src/container/priming.ts';
import { timedTextOf } from '../../src/container/timed-text.ts';
import { transcodedSound } from '../../src/container/transcoded-sound.ts';
import { decodeUtf8, encodeUtf8 } from '../../src/container/utf8.ts';
import { randomFrom } from './random.ts';

describe('UTF-8', () => {
  test.each(['', 'abc', 'ä – 第二章 🎬', '\u{10ffff}'])('%j goes there and back', (text) => {
    expect(Buffer.from(encodeUtf8(text))).toEqual(Buffer.from(text));
    expect(decodeUtf8(Buffer.from(text))).toBe(text);
  });

  test('any bytes become some text, valid ones the right text', () => {
    const random = randomFrom(7);
    for (let round = 0; round < 5000; round++) {
      const bytes = Uint8Array.from({ length: Math.floor(random() * 12) }, () => Math.floor(random() * 256));
      const text = decodeUtf8(bytes);
      const isValid = Buffer.from(bytes).equals(Buffer.from(Buffer.from(bytes).toString()));
      if (isValid) expect(text).toBe(Buffer.from(bytes).toString());
      else expect(text).toContain('\ufffd');
    }
  });

  test.each(['c080', 'eda080', 'f4908080', 'e28', 'ff'])('%s is no character', (hex) =>
    expect(decodeUtf8(Buffer.from(hex, 'hex'))).toMatch(/^\ufffd*$/),
  );
});

describe('timed text', () => {
  const sample = (text: Buffer, ...more: Buffer[]): Buffer =>
    Buffer.concat([Buffer.from([text.length >> 8, text.length & 255]), text, ...more]);

  test('is the text without its styles', () => {
    expect(
      timedTextOf(sample(Buffer.from('Grüße\r\nzwei'), Buffer.from('0000000c7374796c00000000', 'hex'))),
    ).toBe('Grüße\nzwei');
  });

  test('may be UTF-16', () => {
    expect(timedTextOf(sample(Buffer.from('feff00470072', 'hex')))).toBe('Gr');
    expect(timedTextOf(sample(Buffer.from('fffe47007200', 'hex')))).toBe('Gr');
  });

  test.each(['', '00', '0000', '00056162'])('%s holds none', (hex) =>
    expect(timedTextOf(Buffer.from(hex, 'hex'))).toBe(''),
  );
});

describe('ticks', () => {
  test('are the nearest, halves away from zero', () => {
    const from = { num: 1, den: 90000 };
    const to = { num: 1, den: 1000 };
    expect([44n, 45n, 134n, 135n, -45n].map((count) => rescale(count, from, to))).toEqual([
      0n,
      1n,
      1n,
      2n,
      -1n,
    ]);
    expect(rescale(2n ** 60n, from, from)).toBe(2n ** 60n);
  });

  test('rise even where two timestamps share one', () => {
    const ticks = new OutputTicks({ num: 1, den: 90000 }, { num: 1, den: 1000 });
    expect([0n, 10n, 20n, 3600n].map((pts) => ticks.next(pts))).toEqual([0n, 1n, 2n, 40n]);
  });
});

describe('priming', () => {
  const aac = { samples: 1024, packetSamples: 1024, sampleRate: 44100 };

  test('of a codec is kept', () => expect(keptPriming(aac, 'matroska')).toBe(1024));

  test('of an edit list keeps what a decoder needs, in whole packets', () => {
    const cut = { ...aac, samples: 44796 };
    const kept = keptPriming(cut, 'matroska');
    expect((cut.samples - kept) % 1024).toBe(0);
    expect(kept).toBeGreaterThan(0.15 * 44100 - 1);
    expect(kept).toBeLessThan(0.15 * 44100 + 1024);
    expect(keptPriming(cut, 'mp4')).toBe(44796);
  });
});

describe('transcoded sound', () => {
  const wish = { codec: 'opus', bitrateKbps: null, channels: null, lfeMixLevel: null } as const;

  test('suits the source', () => {
    expect(transcodedSound({ sampleRate: 44100, channels: 6 }, wish)).toEqual({
      sampleRate: 48000,
      channels: 6,
      layoutMask: 0x3fn,
      bitrate: 256_000,
    });
    expect(transcodedSound({ sampleRate: 44100, channels: 2 }, { ...wish, codec: 'aac' }).sampleRate).toBe(
      44100,
    );
    expect(transcodedSound({ sampleRate: 96000, channels: 2 }, { ...wish, codec: 'flac' })).toMatchObject({
      sampleRate: 96000,
      bitrate: 0,
    });
  });

  test('stays in the encoder’s range', () => {
    expect(transcodedSound({ sampleRate: 8000, channels: 1 }, { ...wish, bitrateKbps: 1024 }).bitrate).toBe(
      256_000,
    );
    expect(transcodedSound({ sampleRate: 0, channels: 24 }, wish).channels).toBe(8);
  });
});

test('tags of the source’s file are left behind, those of the film are kept', () => {
  expect(
    carriedMetadata({
      title: 'Film',
      ENCODER: 'x',
      'BPS-eng': '1',
      _STATISTICS_TAGS: 'BPS',
      DURATION: '1',
      major_brand: 'isom',
      date: '2001',
    }),
  ).toEqual({ title: 'Film', date: '2001' });
});

test('a QuickTime track’s name is its title', () => {
  const facts = {
    index: 1,
    kind: 'audio',
    codec: 'aac',
    language: 'deu',
    title: null,
    dispositions: [],
    sampleRate: null,
    bitrateKbps: null,
    channels: null,
    metadata: { name: 'Kommentar', language: 'deu', handler_name: 'SoundHandler' },
  } as const;
  expect(carriedStreamMetadata(facts)).toEqual({ title: 'Kommentar', language: 'deu' });
});
