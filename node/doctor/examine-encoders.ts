import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { bad, type Finding, good, note } from '../../src/report/findings.ts';
import { EncoderBuilds } from '../daemon/encoder-builds.ts';
import { findEncoders } from '../daemon/find-encoders.ts';
import { findSsimulacra2 } from '../engine/score/find-ssimulacra2.ts';
import { findVmaf, NO_VMAF } from '../engine/score/find-vmaf.ts';
import { sentenceOf } from '../sentence.ts';
import { openBuildBook } from '../storage/build-book.ts';

/** Every encoder, tried now by encoding a small clip: what an earlier daemon measured says nothing of today. */
export async function examineEncoders(signal: AbortSignal): Promise<Finding[]> {
  const folder = await mkdtemp(join(tmpdir(), 'vadeio-doctor-'));
  try {
    const builds = new EncoderBuilds(await openBuildBook(join(folder, 'builds.json')));
    const found = await findEncoders(builds, folder, signal);
    return found.map(({ words, isThere }) =>
      isThere ? good('encoders', `${words}.`) : bad('encoders', sentence(words)),
    );
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/** What scores by VMAF here, if anything does, and by SSIMULACRA2, which few ask for and most do without. */
export async function examineScores(): Promise<Finding[]> {
  return [...(await examineVmaf()), ...(await examineSsimulacra2())];
}

async function examineSsimulacra2(): Promise<Finding[]> {
  try {
    const program = await findSsimulacra2();
    return program === null ? [] : [good('scores', `SSIMULACRA2 by ${program}.`)];
  } catch (error) {
    return [bad('scores', sentenceOf(error))];
  }
}

async function examineVmaf(): Promise<Finding[]> {
  try {
    const provider = await findVmaf();
    if (provider === null) return [note('scores', NO_VMAF)];
    return [
      good('scores', `VMAF by ${provider.version} (${provider.path}); XPSNR, SSIM and PSNR are built in.`),
    ];
  } catch (error) {
    return [bad('scores', sentenceOf(error))];
  }
}

function sentence(words: string): string {
  return /[.!?]$/.test(words) ? words : `${words}.`;
}
