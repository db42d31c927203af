import type { Frame } from 'node-av/lib';

/** What makes a real clip one of fields: between two of them everything moves by six columns. */
export const INTERLACED = {
  filters: 'scale=320:180,scroll=horizontal=0.02,tinterlace=interleave_top,setfield=tff',
  params: 'tff=1',
};

/** How much more neighbouring rows differ than next but one in a frame of 10 bits: above 1 where fields differ. */
export function rowContrast(frame: Frame): number {
  const rows = frame.data?.[0] as Buffer;
  const line = frame.linesize[0] as number;
  const at = (x: number, y: number) => rows.readUInt16LE(y * line + 2 * x);
  let [near, far] = [0, 0];
  for (let y = 0; y < frame.height - 2; y++) {
    for (let x = 0; x < frame.width; x++) {
      near += Math.abs(at(x, y) - at(x, y + 1));
      far += Math.abs(at(x, y) - at(x, y + 2));
    }
  }
  return near / far;
}
