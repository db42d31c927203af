import { mkdir, rename, rm, stat } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { type EncoderName, encoderOf } from '../../src/encoder/encoders.ts';
import { PREVIEW_PLACES, PREVIEW_SECONDS, previewName } from '../../src/encoder/preview.ts';
import { formatScore, type MetricName } from '../../src/quality/metric.ts';
import { measureFor } from '../../src/quality/quality-target.ts';
import { startEngine } from '../engine/engine.ts';
import type { PreviewMessage, PreviewRequest, ScoreMeasure } from '../engine/messages.ts';
import { resolveMeasure } from '../engine/score/resolve-measure.ts';
import { sentenceOf } from '../sentence.ts';
import type { PreparedJob } from './prepare-job.ts';

/** Bounds of a clip, whatever the frame rate says of itself. */
const FRAMES = { least: 12, most: 240 };

/**
 * Writes clips of before and after beside the output, each as a chunk at its place would be encoded, before the film is. Those that
 * exist stay as they are unless the job overwrites. What goes wrong is told and stops nothing.
 */
export async function makePreviews(
  prepared: PreparedJob,
  niceness: number,
  signal: AbortSignal,
  onNote: (sentence: string) => void,
): Promise<void> {
  const { output, options } = prepared.request;
  const wanted = PREVIEW_PLACES.map((share, index) => {
    const path = join(dirname(output), previewName(basename(output), index + 1));
    return { path, share };
  });
  const missing = [];
  for (const one of wanted) if (options.overwrite || !(await exists(one.path))) missing.push(one);
  if (missing.length === 0) return onNote('The previews exist already and stay as they are.');
  onNote(
    `Before the film, ${missing.length} clips of ${PREVIEW_SECONDS} s are encoded by its settings and shown beside the source.`,
  );
  const folder = join(dirname(output), `.${basename(output)}.preview`);
  try {
    await mkdir(folder, { recursive: true });
    const written = await writeAll(prepared, missing, folder, niceness, signal);
    if (signal.aborted) return;
    onNote(`Previews, the middle of the picture before (left) and after (right): ${written.join(', ')}.`);
  } catch (error) {
    if (!signal.aborted) onNote(`No preview was made: ${sentenceOf(error)}`);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

async function writeAll(
  prepared: PreparedJob,
  wanted: readonly { readonly path: string; readonly share: number }[],
  folder: string,
  niceness: number,
  signal: AbortSignal,
): Promise<string[]> {
  const { source, settings, variants, request } = prepared;
  const { zones, target } = request.options;
  const measure = await measureOf(prepared);
  const { num, den } = settings.picture.frameRate;
  const frameCount = Math.min(Math.max(Math.round((PREVIEW_SECONDS * num) / den), FRAMES.least), FRAMES.most);
  const places = new Map(wanted.map(({ path }) => [join(folder, basename(path)), path]));
  const clips = wanted.map(({ path, share }) => ({
    ...{ outputPath: join(folder, basename(path)), share, frameCount },
  }));
  const engine = startEngine<PreviewRequest, PreviewMessage>('preview', { niceness, orphanedFolder: folder });
  const stop = (): void => void engine.kill();
  signal.addEventListener('abort', stop);
  try {
    await engine.send({ type: 'preview', source, settings, zones, variants, target, measure, folder, clips });
    const written: string[] = [];
    for await (const message of engine) {
      if (message.type === 'failed') throw new Error(message.message);
      const path = places.get(message.outputPath) ?? message.outputPath;
      await rename(message.outputPath, path);
      written.push(`${basename(path)}${describeClip(message, settings.encoder, measure?.metric)}`);
      if (written.length === clips.length) return written;
    }
    throw new Error(`the process that makes it ended: ${(await engine.exited).words}.`);
  } finally {
    signal.removeEventListener('abort', stop);
    await engine.kill();
  }
}

/** How clips are scored that have a score to meet; null where none has. Throws a sentence when this machine cannot. */
async function measureOf({ request, settings }: PreparedJob): Promise<ScoreMeasure | null> {
  const { target, zones } = request.options;
  const [first] = [target, ...zones.map((zone) => zone.target)].filter((one) => one !== null);
  return first === undefined ? null : resolveMeasure(measureFor(first, settings.picture));
}

/** ` (CRF 31, VMAF 95.12)`. */
function describeClip(
  { quality, score }: Extract<PreviewMessage, { readonly type: 'clip-written' }>,
  encoder: EncoderName,
  metric: MetricName | undefined,
): string {
  const words = [
    ...(quality === null ? [] : [`${encoderOf(encoder).quality.name} ${quality}`]),
    ...(score === null || metric === undefined ? [] : [formatScore(metric, score)]),
  ];
  return words.length === 0 ? '' : ` (${words.join(', ')})`;
}

async function exists(path: string): Promise<boolean> {
  return (await stat(path).catch(() => null)) !== null;
}
