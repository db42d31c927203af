import { setImmediate } from 'node:timers/promises';
import { NO_WISHES, type PictureWishes } from '../../../src/picture/plan-filters.ts';
import { FrameVerifier } from '../../../src/proof/verify-frames.ts';
import { FRAMES_A_COLLECTION, releaseViews } from '../media/release-views.ts';
import type { VerifyReport } from '../messages.ts';
import { DecodedFrames } from './decoded-frames.ts';

/**
 * Decodes both files side by side and compares every frame. Memory does not grow with their length.
 *
 * @param wishes what was done to the picture of the source, as the user tells.
 * @param onProgress output frames compared so far, called after every few.
 */
export async function compareFiles(
  sourcePath: string,
  outputPath: string,
  wishes: PictureWishes,
  onProgress: (frameCount: number, totalEstimate: number | null) => Promise<void>,
): Promise<VerifyReport> {
  const source = await DecodedFrames.open(sourcePath, wishes);
  const output = await DecodedFrames.open(outputPath, { ...NO_WISHES, deinterlace: 'no' });
  try {
    const verifier = new FrameVerifier(source.timeBase, output.timeBase);
    let frameCount = 0;
    for (;;) {
      while (verifier.wantsSource) verifier.addSource(source.next());
      const frame = output.next();
      if (frame === null) break;
      verifier.addOutput(frame);
      frameCount += 1;
      if (frameCount % FRAMES_A_COLLECTION !== 0) continue;
      await takeBreath();
      await onProgress(frameCount, source.frameCountEstimate);
    }
    await countRest(verifier, source);
    return verifier.report();
  } finally {
    await source.close();
    await output.close();
  }
}

/** The output has ended: what the source still has is only counted. */
async function countRest(verifier: FrameVerifier, source: DecodedFrames): Promise<void> {
  for (let count = 1; ; count++) {
    const frame = source.next();
    verifier.addSource(frame);
    if (frame === null) return;
    if (count % FRAMES_A_COLLECTION === 0) await takeBreath();
  }
}

/** Decoding is synchronous: now and then this process lets go of memory, and notices whether the daemon is gone. */
async function takeBreath(): Promise<void> {
  releaseViews();
  await setImmediate();
}
