/**
 * In CRFs from the one that is asked for, in the order in which they are tried. Where it was seen (Big Buck Bunny's fade from
 * black at 480x270, SVT-AV1 at preset 10), a picture was spoiled at every CRF from 38 on: better is what helps, and soon.
 */
const STEPS = [0, -1, -2, -4, -8, -16, -32, 1] as const;

/**
 * What a chunk is encoded at that is to be encoded at `asked`: that itself, or, where the encoder spoils a picture at it
 * wherever it runs, what is nearest and does not.
 *
 * @param spoiled CRFs at which it does so, of this chunk.
 * @param scale the encoder's: the lower, the better.
 * @returns null when all that is worth trying is spoiled.
 */
export function detourFrom(
  asked: number,
  spoiled: ReadonlySet<number>,
  scale: { readonly min: number; readonly max: number },
): number | null {
  for (const step of STEPS) {
    const crf = asked + step;
    if (crf >= scale.min && crf <= scale.max && !spoiled.has(crf)) return crf;
  }
  return null;
}
