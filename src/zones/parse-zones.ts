import type { EncoderDefinition } from '../encoder/encoder-definition.ts';
import type { EncoderName } from '../encoder/encoders.ts';
import type { QualityTarget } from '../quality/quality-target.ts';
import { parseZoneLines } from './parse-zone-lines.ts';
import { parseZoneObjects } from './parse-zone-objects.ts';
import { MAX_ZONES, type Zone, type ZoneBound } from './zone.ts';

/** What the zones of a file change. */
export interface ZoneContext {
  readonly name: EncoderName;
  readonly encoder: EncoderDefinition;
  /** The job's own parameters of the encoder. */
  readonly params: Readonly<Record<string, string>>;
  /** Reads `vmaf=96`. Throws a sentence. */
  readonly readTarget: (text: string) => QualityTarget;
}

/** A zone, and where in the file it stands. */
export interface FoundZone {
  readonly line: number;
  readonly zone: Zone;
}

/**
 * Reads zones: a JSON array of objects, or a line for each zone as Av1an takes them.
 *
 * @throws a sentence that names the line.
 */
export function parseZones(text: string, context: ZoneContext): Zone[] {
  const isJson = /^\s*[[{]/.test(text);
  const found = isJson ? parseZoneObjects(text, context) : parseZoneLines(text, context);
  // An empty array says that there are none; an empty file is more likely a mishap.
  if (found.length === 0 && !isJson)
    throw new Error(
      'It has no zone, expected one at least, as 240 480 svt-av1 --crf 20; leave out --zones to have none.',
    );
  if (found.length > MAX_ZONES)
    throw new Error(`It has ${found.length} zones, at most ${MAX_ZONES} are taken.`);
  checkApart(found);
  return found.map(({ zone }) => zone);
}

/** Frames are compared with frames and times with times; which of a frame and a time is first, the source decides. */
function checkApart(found: readonly FoundZone[]): void {
  for (const unit of ['frame', 'seconds'] as const) {
    const ranges = found
      .flatMap(({ line, zone }) => {
        const start = boundIn(zone.start, unit);
        const end = zone.end === null ? Number.POSITIVE_INFINITY : boundIn(zone.end, unit);
        return start === null || end === null ? [] : [{ line, start, end }];
      })
      .sort((a, b) => a.start - b.start);
    for (const [i, { line, start }] of ranges.entries()) {
      const before = ranges[i - 1];
      if (before === undefined || before.end <= start) continue;
      const [first, second] = [before.line, line].sort((a, b) => a - b);
      throw new Error(
        `Line ${second}: its zone overlaps with that of line ${first}; zones lie side by side.`,
      );
    }
  }
}

function boundIn(bound: ZoneBound, unit: 'frame' | 'seconds'): number | null {
  if ('frame' in bound) return unit === 'frame' ? bound.frame : null;
  return unit === 'seconds' ? bound.seconds : null;
}
