import { expect, test } from 'vitest';
import { encoderOf } from '../../src/encoder/encoders.ts';
import { parseScoreTarget } from '../../src/quality/score-target.ts';
import { parseZones, type ZoneContext } from '../../src/zones/parse-zones.ts';
import type { Zone } from '../../src/zones/zone.ts';

const context: ZoneContext = {
  name: 'svt-av1',
  encoder: encoderOf('svt-av1'),
  params: { 'enable-qm': '1', tune: '0' },
  readTarget: (text) => ({ ...parseScoreTarget(text), model: 'auto', minCrf: null, maxCrf: null }),
};

const PLAIN: Zone = {
  start: { frame: 0 },
  end: null,
  preset: null,
  crf: null,
  target: null,
  grain: null,
  params: null,
};

test('JSON tells frames, times, and all that a zone may have', () => {
  const text = `[
    {"start": 240, "end": "480", "crf": 20, "preset": 4},
    {"start": "1:30", "end": "1:02:03.5", "grainsynth": 8, "encoder_params": "sharpness=-2:tune=1"},
    {"start": "4000s", "vmaf": "95-97", "reset": true}
  ]`;
  expect(parseZones(text, context)).toEqual([
    { ...PLAIN, start: { frame: 240 }, end: { frame: 480 }, crf: 20, preset: 4 },
    {
      ...{ ...PLAIN, start: { seconds: 90 }, end: { seconds: 3723.5 }, grain: 8 },
      params: { 'enable-qm': '1', sharpness: '-2', tune: '1' },
    },
    { ...PLAIN, start: { seconds: 4000 }, target: context.readTarget('vmaf=95-97'), params: {} },
  ]);
});

test('Av1an’s lines tell the same', () => {
  const text = `# the opening
0 120 svt-av1 --crf 20 --preset=4 --sharpness -2

500 -1 svt reset --film-grain 8 --enable-qm --target-quality 95-97\r
`;
  expect(parseZones(text, context)).toEqual([
    {
      ...{ ...PLAIN, end: { frame: 120 }, crf: 20, preset: 4 },
      params: { 'enable-qm': '1', sharpness: '-2', tune: '0' },
    },
    {
      ...{ ...PLAIN, start: { frame: 500 }, grain: 8, params: { 'enable-qm': '1' } },
      target: context.readTarget('vmaf=95-97'),
    },
  ]);
});

test.each([
  ['[\n{"start": 1, "end": 9},\n{"start": 5, "end": 12}]', /^Line 3: its zone overlaps with that of line 2/],
  ['', /^It has no zone, expected one at least/],
  ['# 0 60 svt-av1 --crf 20\n', /^It has no zone/],
  ['[\n{"start": 1, "end": 1}]', /^Line 2: a zone ends behind its start, .*; got 1 to 1/],
  ['[{"start": 60, "end": 20}]', /^Line 1: a zone ends behind its start, .*; got 60 to 20/],
  ['[{"start": "0:09", "end": "4s"}]', /^Line 1: a zone ends behind its start, .*; got 0:09 to 4s/],
  ['[\n{"start": 1,\n"end": 20,}]', /^Line 3: it is no JSON there/],
  ['[\n{"end": 20}]', /^Line 2: a zone needs a start/],
  ['[{"start": "1:75"}]', /^Line 1: a zone begins or ends at a frame or a time/],
  ['[{"start": 1, "cfr": 20}]', /^Line 1: a zone has no "cfr"\. Did you mean crf\?/],
  ['[{"start": 1, "crf": 64}]', /^Line 1: SVT-AV1's CRF is 64/],
  ['[{"start": 1, "crf": true}]', /^Line 1: crf is true, expected a number or a text/],
  ['[{"start": 1, "crf": 20, "vmaf": 96}]', /^Line 1: a CRF and a target contradict each other/],
  ['[{"start": 1, "encoder-params": "stat-file=x"}]', /^Line 1: The encoder parameter stat-file /],
  ['[\n\n[1, 2]]', /^Line 3: expected a zone such as/],
  ['[{"start": 1, "end": 4, "vmaf": "95,5"},\n5,\n{"start": 1}]', /^Line 1: /],
  ['[{"start": 1, "end": 4},\n5,\n{"start": 6}]', /^Line 2: expected a zone such as .*, got 5/],
  ['{"start": 1}', /^Line 1: expected an array of zones/],
  ['0 9 svt\n9 20 x265 --crf 20', /^Line 2: its encoder is x265, the job's is svt-av1/],
  ['0 9 svt --crf 20 24', /^Line 1: "24" is no option/],
  ['0 9', /^Line 1: expected START END ENCODER/],
])('refuses %j', (text, sentence) => {
  expect(() => parseZones(text, context)).toThrow(sentence);
});
