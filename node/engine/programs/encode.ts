import { rmSync } from 'node:fs';
import { sentenceOf } from '../../sentence.ts';
import { AttemptFailure, encodeSlice } from '../encode/encode-slice.ts';
import { measureBuild } from '../encode/measure-build.ts';
import type { EncodeMessage, EncodeRequest, MeasureBuildRequest } from '../messages.ts';
import type { Port } from '../port.ts';

/**
 * Encodes slices, one request after another in one process: loading node-av costs more than a short chunk's encode,
 * and memory stays flat (100 chunks measured) because every native object is freed.
 */
export async function run(port: Port): Promise<void> {
  const send = (message: EncodeMessage): Promise<void> => port.send(message);
  let unfinished: readonly string[] = [];
  port.onOrphaned(() => {
    for (const path of unfinished) rmSync(path, { recursive: true, force: true });
  });
  for (;;) {
    const request = (await port.receive()) as EncodeRequest | MeasureBuildRequest | undefined;
    if (request === undefined) return;
    unfinished = request.type === 'encode' ? [request.outputPath, request.workPath] : [request.workPath];
    if (request.type === 'measure-build') {
      await send(await answerToMeasure(request));
      continue;
    }
    try {
      await encodeSlice(request, send);
    } catch (error) {
      if (!(error instanceof AttemptFailure)) throw error;
      await send({ type: 'attempt-failed', cause: error.cause, message: error.message });
    }
  }
}

async function answerToMeasure(request: MeasureBuildRequest): Promise<EncodeMessage> {
  try {
    return { type: 'build-measured', ...(await measureBuild(request.settings, request)) };
  } catch (error) {
    return { type: 'attempt-failed', cause: 'encoder', message: sentenceOf(error) };
  }
}
