/** The bytes with others put in before the one at `place`. */
export function insertBytes(bytes: Uint8Array, place: number, others: ArrayLike<number>): Uint8Array {
  const whole = new Uint8Array(bytes.length + others.length);
  whole.set(bytes.subarray(0, place));
  whole.set(others, place);
  whole.set(bytes.subarray(place), place + others.length);
  return whole;
}
