import type { Shell } from './shell.ts';

/** One line that is written over, as in "scored 96 of about 720 frames"; in a log it would say nothing. */
export function showFrameProgress(
  shell: Shell,
  done: string,
): (frameCount: number, totalEstimate: number | null) => void {
  return (frameCount, totalEstimate) => {
    const of = totalEstimate === null ? '' : ` of about ${totalEstimate}`;
    shell.terminal?.write(`\r\u001b[K${done} ${frameCount}${of} frames`);
  };
}
