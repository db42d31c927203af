import type { Keyframe } from './slice-range.ts';

interface PendingKeyframe {
  readonly tag: number;
  readonly pts: bigint | null;
}

/** More frames than any decoder holds back: a keyframe that has not come out by then never will. */
const MOST_REORDERED = 32;

/**
 * Finds the presentation index of every keyframe packet. One whose frame never comes out (cut off by an edit list, or
 * damaged) is given the index of the first frame that is shown after its time: a decoder may still start there.
 */
export class KeyframeSettler {
  readonly #pending: PendingKeyframe[] = [];

  /** A keyframe packet was given to the decoder. Tags rise. */
  packet(tag: number, pts: bigint | null): void {
    this.#pending.push({ tag, pts });
  }

  /** A frame came out; gives the keyframes that are settled by it, rising by tag. */
  frame(tag: number, index: number, pts: bigint | null): Keyframe[] {
    const settled = this.#pending.findLastIndex((keyframe) => isPast(keyframe, tag, pts)) + 1;
    return this.#pending.splice(0, settled).map((keyframe) => ({ tag: keyframe.tag, frame: index }));
  }
}

function isPast(keyframe: PendingKeyframe, tag: number, pts: bigint | null): boolean {
  if (keyframe.tag === tag) return true;
  if (keyframe.tag > tag) return false;
  if (tag - keyframe.tag > MOST_REORDERED) return true;
  // Frames that are decoded after a keyframe and shown before it belong before it.
  return keyframe.pts !== null && pts !== null && pts > keyframe.pts;
}
