import { createHash } from 'node:crypto';

/** What a build writes for the built-in clip at a job's settings, and in each variant of them. Hex sha256. */
export interface BuildDigests {
  readonly digest: string;
  readonly variantDigests: readonly string[];
}

/** By which two builds are the same for a job (invariant 8): they are in all of its settings. */
export function jobDigest({ digest, variantDigests }: BuildDigests): string {
  if (variantDigests.length === 0) return digest;
  return createHash('sha256')
    .update([digest, ...variantDigests].join())
    .digest('hex');
}

/** By which a chunk is kept: by what the build writes in the chunk's own variant, whatever the others are. */
export function digestOf({ digest, variantDigests }: BuildDigests, variant: number | null): string {
  if (variant === null) return digest;
  const found = variantDigests[variant];
  if (found === undefined) throw new Error(`variant ${variant} of the job's settings was not measured`);
  return found;
}
