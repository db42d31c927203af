/** A keyframe packet: its tag (decode index) and the presentation index of the frame it became. */
export interface Keyframe {
  readonly tag: number;
  readonly frame: number;
}

/** Packets `[startTag, endTag)` in decode order. */
export interface TagRange {
  readonly startTag: number;
  readonly endTag: number;
}

/**
 * Keyframes to go back beyond the rule's own, by how often frames differed. Two mended every whole file that was seen
 * (notes/node-av.md §3). Where keyframes themselves are damaged, what is made of them depends on the pictures before, and
 * those on others: four of six files with 150 flipped bits in 288 packets needed more than two. The last is some minutes
 * of a film as a rule, which a slice may well hold.
 */
export const LEAD_IN_KEYFRAMES = [0, 1, 2, 8, 32] as const;

/**
 * The packets a peer needs to decode a chunk's frames exactly.
 *
 * They start at the last keyframe that comes before the first needed packet *and* is not shown after the first wanted
 * frame. The second condition is what open GOPs need: the frames shown before a keyframe but decoded after it refer
 * to the GOP before. They end with the last needed packet, because a flushed decoder gives up every frame it holds.
 * Without such a keyframe they start at the first packet.
 *
 * @param wanted tags of the chunk's frames, in presentation order, at least one
 * @param startFrame presentation index of the first wanted frame
 * @param keyframes known so far, rising by tag; those after the chunk do not matter
 * @param leadIn position in LEAD_IN_KEYFRAMES, for streams whose keyframes do not reset everything
 */
export function sliceRange(
  wanted: readonly number[],
  startFrame: number,
  keyframes: readonly Keyframe[],
  leadIn: number,
): TagRange {
  if (wanted.length === 0) throw new Error('A slice needs at least one wanted frame; got none.');
  let first = wanted[0] as number;
  let last = first;
  for (const tag of wanted) {
    if (tag < first) first = tag;
    if (tag > last) last = tag;
  }
  let entry = lastKeyframeUpTo(keyframes, first);
  while (entry >= 0 && (keyframes[entry] as Keyframe).frame > startFrame) entry -= 1;
  return { startTag: keyframes[entry - (LEAD_IN_KEYFRAMES[leadIn] ?? 0)]?.tag ?? 0, endTag: last + 1 };
}

/** Position of the last keyframe whose tag is not above `tag`, -1 for none. */
function lastKeyframeUpTo(keyframes: readonly Keyframe[], tag: number): number {
  let low = 0;
  let high = keyframes.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((keyframes[middle] as Keyframe).tag <= tag) low = middle + 1;
    else high = middle;
  }
  return low - 1;
}
