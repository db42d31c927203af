/** Numbers from 0 up to 1 that are the same for the same seed (xorshift32). */
export function randomFrom(seed: number): () => number {
  let state = seed | 1;
  return () => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    return (state >>> 0) / 2 ** 32;
  };
}

/** A copy with some bytes changed, or cut short, or both. */
export function damage(bytes: Uint8Array, random: () => number): Uint8Array {
  const copy = bytes.slice(0, random() < 0.3 ? Math.floor(random() * bytes.length) : bytes.length);
  const count = Math.floor(random() * 8);
  for (let i = 0; i < count && copy.length > 0; i++) {
    const place = Math.floor(random() * copy.length);
    copy[place] = random() < 0.3 ? 0xff : Math.floor(random() * 256);
  }
  return copy;
}
