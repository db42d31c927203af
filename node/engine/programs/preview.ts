import { join } from 'node:path';
import { ENCODER_THREADS } from '../../../src/encoder/threads.ts';
import type { PreviewMessage, PreviewRequest } from '../messages.ts';
import type { Port } from '../port.ts';
import { writeClip } from '../preview/write-clip.ts';

/** Writes clips of a film's places, one after the other. */
export async function run(port: Port): Promise<void> {
  const { source, settings, folder, clips } = (await port.receive()) as PreviewRequest;
  const { path, video } = source;
  for (const { outputPath, share, frameCount } of clips) {
    const clip = { path, streamIndex: video.streamIndex, share, frameCount };
    const place = { threads: ENCODER_THREADS, workPath: join(folder, 'encoder') };
    await writeClip(outputPath, source, settings, clip, place);
    const written: PreviewMessage = { type: 'clip-written', outputPath };
    await port.send(written);
  }
}
