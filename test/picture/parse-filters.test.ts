import { expect, test } from 'vitest';
import { parseFilters } from '../../src/picture/parse-filters.ts';
import { parseScale } from '../../src/picture/parse-scale.ts';

test.each([
  ['crop=1920:800:0:140', [{ name: 'crop', options: { w: '1920', h: '800', x: '0', y: '140' } }]],
  ['-vf crop=w=640:h=480', [{ name: 'crop', options: { w: '640', h: '480' } }]],
  ['-vf "hflip"', [{ name: 'hflip', options: {} }]],
  [
    'hqdn3d=2:1.50, scale=1280:534:flags=area',
    [
      { name: 'hqdn3d', options: { luma_spatial: '2', chroma_spatial: '1.5' } },
      { name: 'scale', options: { w: '1280', h: '534', flags: 'area' } },
    ],
  ],
])('%s', (text, filters) => {
  expect(parseFilters(text)).toEqual(filters);
});

test.each([
  ['', /Expected filters as in/],
  ['fps=30', /fps is not taken: it changes the number of frames/],
  ['subtitles=/etc/passwd', /subtitles is not taken: it reads files/],
  ['yadif', /write bwdif/],
  ['corp=10:10', /"corp" is not known. Did you mean crop\?/],
  ['toString', /"toString" is not known/],
  ['crop=in_w:in_h-280', /got w=in_w, expected a whole number from 2 to 16384/],
  ['crop=100', /does not say h/],
  ['crop=100:100:0:0:1', /more values than options/],
  ['crop=100:w=100', /sets w twice/],
  ['crop=100:100:exact=1', /no option exact here/],
  ['bwdif=send_field', /expected one of send_frame/],
  ['hflip;vflip', /is not known/],
])('%s is refused', (text, words) => {
  expect(() => parseFilters(text)).toThrow(words);
});

test.each([
  ['1280x720', { width: 1280, height: 720 }],
  ['1280:-2', { width: 1280, height: null }],
  ['-1x720', { width: null, height: 720 }],
  ['720p', { width: null, height: 720 }],
])('--scale %s', (text, wish) => {
  expect(parseScale(text)).toEqual(wish);
});

test.each(['1280', '-2x-2', '1281x720', '0x0', '99999x2', '720i'])('--scale %s is refused', (text) => {
  expect(() => parseScale(text)).toThrow(/Expected a size such as/);
});
