import type { GrainEvidence } from '../picture/grain.ts';

/** What `--autograin` found, and what follows from it. */
export function describeGrain(evidence: GrainEvidence | null, strength: number): string {
  if (evidence === null) return 'No film grain: too little of the source is flat to measure its own.';
  const { frames, blocks, sigma } = evidence;
  const seen = `${blocks.toLocaleString('en')} flat areas in ${frames} frames have noise of ${sigma.toFixed(2)} levels of 255`;
  return strength === 0
    ? `No film grain: ${seen}, which nobody sees.`
    : `Film grain ${strength}, for players to add: ${seen}.`;
}
