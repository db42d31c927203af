import { expect, test } from 'vitest';
import { describeZonesBeyond } from '../../src/report/describe-zone.ts';
import type { Zone, ZoneBound } from '../../src/zones/zone.ts';

// A film of 240 frames, 24 a second.
const LAST = { frame: 239, seconds: 239 / 24 };

function zone(start: ZoneBound, end: ZoneBound | null): Zone {
  return { start, end, preset: null, crf: 20, target: null, grain: null, params: null };
}

test('zones beyond the film are told, by frames and by times', () => {
  const zones = [
    zone({ frame: 0 }, { frame: 241 }),
    zone({ frame: 240 }, null),
    zone({ seconds: 5 }, { seconds: 75 }),
    zone({ seconds: 70 }, { seconds: 75 }),
  ];
  expect(describeZonesBeyond(zones, LAST)).toEqual([
    "Zone 1 ends with the source: it was to end at frame 241, the source's last frame is 239, at 0:09.96.",
    "Zone 2 holds nothing: it starts at frame 240, the source's last frame is 239, at 0:09.96.",
    "Zone 3 ends with the source: it was to end at 1:15, the source's last frame is 239, at 0:09.96.",
    "Zone 4 holds nothing: it starts at 1:10, the source's last frame is 239, at 0:09.96.",
  ]);
});

test('of zones that end where the film does, or about there, nothing is told', () => {
  const zones = [
    zone({ frame: 0 }, { frame: 240 }),
    zone({ frame: 239 }, null),
    zone({ seconds: 5 }, { seconds: 10.5 }),
    zone({ seconds: 9.959 }, null),
  ];
  expect(describeZonesBeyond(zones, LAST)).toEqual([]);
});
