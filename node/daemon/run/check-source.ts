import type { SourceVideo } from '../../../src/media/source-video.ts';
import { readSourceIdentity } from '../../engine/source-identity.ts';

/** Throws a sentence when the source is no longer the file that was inspected. */
export async function checkSource({ path, identity }: SourceVideo): Promise<void> {
  const now = await readSourceIdentity(path);
  if (now.sizeBytes === identity.sizeBytes && now.sampledDigest === identity.sampledDigest) {
    if (now.modifiedMs === identity.modifiedMs) return;
  }
  throw new Error(
    `The source ${path} changed while it was being encoded. Run the command again: what was encoded is used where the new content is the same.`,
  );
}
