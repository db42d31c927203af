import { expect, test } from 'vitest';
import { copiedShare, type OtherStream } from '../../src/quality/size-goal.ts';

function sound(isCopied: boolean, bitrateKbps: number | null, channels = 2): OtherStream {
  return { kind: 'audio', channels, bitrateKbps, isCopied };
}

const SUBTITLES: OtherStream = { kind: 'subtitle', channels: null, bitrateKbps: null, isCopied: true };

test('sound that is left out takes nothing of a file’s size', () => {
  expect(copiedShare([sound(true, 640), sound(false, 448), sound(false, 192)])).toBe(0.5);
  // By their channels, where no bitrates are told.
  expect(copiedShare([sound(true, null, 6), sound(false, null, 2)])).toBe(0.75);
  expect(copiedShare([sound(true, 640), SUBTITLES])).toBe(1);
  expect(copiedShare([sound(false, 640), SUBTITLES])).toBeLessThan(0.01);
  expect(copiedShare([])).toBe(0);
});
