import type { QualityTarget } from '../quality/quality-target.ts';

/** Where a zone begins or ends: a frame, counted from 0, or seconds from the first frame. */
export type ZoneBound = { readonly frame: number } | { readonly seconds: number };

/** A range of a film that is encoded in a way of its own. What is null is as in the rest of the film. */
export interface Zone {
  readonly start: ZoneBound;
  /** Not part of it; null: the film's end. */
  readonly end: ZoneBound | null;
  /** Position in the encoder's list of presets. */
  readonly preset: number | null;
  /** On the encoder's own scale of quality. */
  readonly crf: number | null;
  /** A score that every chunk of it is to have; never beside a CRF. */
  readonly target: QualityTarget | null;
  readonly grain: number | null;
  /** All of the encoder's own parameters, the film's included where they hold here too. */
  readonly params: Readonly<Record<string, string>> | null;
}

/** A frame's number, and its time in seconds from the first frame. */
export interface FilmMoment {
  readonly frame: number;
  readonly seconds: number;
}

/** Times are read off players that show milliseconds, and containers round to them. */
const TIME_SLACK_SECONDS = 0.001;

/** Zones of one film: a scene each is possible, and a request stays far below MAX_CONTROL_REQUEST_BYTES. */
export const MAX_ZONES = 10_000;

/** Whether a frame is at a bound or behind it. */
export function isAtOrPast(bound: ZoneBound, { frame, seconds }: FilmMoment): boolean {
  return 'frame' in bound ? frame >= bound.frame : seconds >= bound.seconds - TIME_SLACK_SECONDS;
}

/** The position of the zone that holds a frame, the first of several; null for none. */
export function zoneAt(zones: readonly Zone[], moment: FilmMoment): number | null {
  const found = zones.findIndex(
    ({ start, end }) => isAtOrPast(start, moment) && (end === null || !isAtOrPast(end, moment)),
  );
  return found === -1 ? null : found;
}

/** Where the film must be cut for its zones. Rising, each once. */
export function boundsOf(zones: readonly Zone[]): {
  readonly frames: readonly number[];
  readonly seconds: readonly number[];
} {
  const bounds = zones.flatMap(({ start, end }) => (end === null ? [start] : [start, end]));
  const frames = bounds.flatMap((bound) => ('frame' in bound ? [bound.frame] : []));
  const seconds = bounds.flatMap((bound) => ('seconds' in bound ? [bound.seconds] : []));
  return { frames: rising(frames), seconds: rising(seconds) };
}

function rising(numbers: readonly number[]): number[] {
  return [...new Set(numbers)].sort((a, b) => a - b);
}
