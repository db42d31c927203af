import { readFileSync } from 'node:fs';
import type { CurvePoint } from '../../src/quality/allocate.ts';

/**
 * Real chunks, each encoded and scored at several CRFs as a peer does it: clips of scripts/record-costs/clips.json, at most 600
 * frames of each, resized as for `npm run bench -- --only targets`, cut at 0.5 to 2.5 s.
 */
export interface RecordedCurves {
  readonly encoder: string;
  readonly preset: number;
  readonly width: number;
  readonly height: number;
  readonly metric: 'vmaf';
  readonly films: readonly RecordedFilm[];
}

export interface RecordedFilm {
  readonly name: string;
  readonly kind: string;
  readonly from: string;
  readonly chunks: readonly RecordedChunk[];
}

export interface RecordedChunk {
  readonly frames: number;
  /** Rising in CRF: CRF, bytes of the IVF file, mean score. */
  readonly points: readonly (readonly [crf: number, bytes: number, score: number])[];
}

export function recordedCurves(): RecordedCurves {
  const text = readFileSync(new URL('./recorded-curves.json', import.meta.url), 'utf8');
  return JSON.parse(text) as RecordedCurves;
}

export function pointsOf({ points }: RecordedChunk): CurvePoint[] {
  return points.map(([crf, bytes, score]) => ({ crf, bytes, score }));
}
