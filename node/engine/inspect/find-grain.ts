import type { AVPixelFormat } from 'node-av/constants';
import { avGetPixFmtName, type Frame } from 'node-av/lib';
import { readPixelFormat } from '../../../src/media/pixel-format.ts';
import { flatBlockSigmas, type GrainEvidence, grainOf, type LumaPlane } from '../../../src/picture/grain.ts';
import { chooseVideoStream, openSource } from '../media/open-source.ts';
import { filmLooks } from './film-looks.ts';

/** The noise in the flat areas of frames all over a film. Null where too little is flat, or its format is not read. */
export async function findGrain(path: string): Promise<GrainEvidence | null> {
  const format = await openSource(path);
  try {
    const stream = chooseVideoStream(format);
    if (stream === undefined) throw new Error(`${path} has no video stream.`);
    const frames: number[][] = [];
    for await (const frame of filmLooks(path, format, stream)) {
      const plane = lumaOf(frame);
      if (plane !== null) frames.push(flatBlockSigmas(plane));
    }
    return grainOf(frames);
  } finally {
    await format.closeInput();
  }
}

function lumaOf(frame: Frame): LumaPlane | null {
  const { width, height } = frame;
  const { layout } = readPixelFormat(avGetPixFmtName(frame.format as AVPixelFormat) ?? '');
  const lineSize = frame.linesize[0] ?? 0;
  const bytes = frame.data?.[0];
  if (layout === null || bytes === undefined || lineSize <= 0) return null;
  const { sampleBytes, shiftTo8 } = layout;
  const samples = new Float32Array(width * height);
  for (let y = 0, at = 0; y < height; y++) {
    for (let x = 0; x < width; x++, at++) {
      const from = y * lineSize + x * sampleBytes;
      const low = bytes[from] as number;
      samples[at] = sampleBytes === 1 ? low : (low | ((bytes[from + 1] as number) << 8)) / 2 ** shiftTo8;
    }
  }
  return { samples, width, height };
}
