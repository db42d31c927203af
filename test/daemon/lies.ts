import { randomBytes } from 'node:crypto';
import { parseIvf } from '../../src/encoder/ivf.ts';
import { makeIvf } from '../sources/make-ivf.ts';
import type { Lie } from './lying-peer.ts';

const FLIPPED = 'ff'.repeat(32);

/** Ways of a bad result, by name. */
export const LIES: Readonly<Record<string, Lie>> = {
  'a wrong digest': {
    words: (message) => (message.type === 'attempt-encoded' ? { ...message, sha256: FLIPPED } : message),
  },
  'a result that lacks its last frame': { result: withoutLastFrame },
  'frames of another picture': {
    words: (message) =>
      message.type === 'frames-decoded'
        ? { ...message, fingerprints: message.fingerprints.map((byte) => byte ^ 1) }
        : message,
  },
  'the right fingerprints and a still picture': { result: stillPicture },
  'the right fingerprints and the result of another chunk': { result: anotherChunk() },
  'garbage of the right length': { result: (result) => randomBytes(result.length) },
  nothing: { isEmptyHanded: true },
};

function withoutLastFrame(result: Buffer): Buffer {
  return remake(result, (units) => units.slice(0, -1));
}

/** The first frame, a keyframe, again and again. */
function stillPicture(result: Buffer): Buffer {
  return remake(result, (units) => units.map(() => units[0] as Uint8Array));
}

/** What was made of the chunk before; with none before, a result that is cut short. */
function anotherChunk(): NonNullable<Lie['result']> {
  let former: Buffer | null = null;
  return (result) => {
    const other = former === null ? withoutLastFrame(result) : former;
    former = result;
    return other;
  };
}

function remake(result: Buffer, change: (units: readonly Uint8Array[]) => readonly Uint8Array[]): Buffer {
  const { width, height, frames } = parseIvf(result);
  return makeIvf(change(frames.map((frame) => frame.data)), { width, height });
}
