import { nearestWord } from '../encoder/params.ts';
import type { FoundZone, ZoneContext } from './parse-zones.ts';
import { type ZoneText, zoneOf } from './zone-fields.ts';

/** What a zone of a JSON file may say. `_` stands for `-`, as in flags. */
const KEYS = [
  ...['start', 'end', 'preset', 'crf', 'vmaf', 'target', 'grainsynth', 'encoder-params', 'reset'],
] as const;
type Key = (typeof KEYS)[number];

const EXAMPLE =
  '[{"start": 240, "end": 480, "crf": 20}, {"start": "1:30", "end": "1:45.5", "grainsynth": 12}]';

export function parseZoneObjects(text: string, context: ZoneContext): FoundZone[] {
  const items = parseJson(text);
  if (!Array.isArray(items)) throw new Error(`Line 1: expected an array of zones, such as ${EXAMPLE}.`);
  const lines = linesOfItems(text);
  return items.map((item: unknown, index) => {
    const line = lines[index] ?? 1;
    try {
      return { line, zone: zoneOf(fieldsOf(item), context) };
    } catch (error) {
      throw new Error(`Line ${line}: ${sayOf(error)}`);
    }
  });
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    const place = /position (\d+)/.exec(sayOf(error));
    const line = text.slice(0, place === null ? text.length : Number(place[1])).split('\n').length;
    throw new Error(`Line ${line}: it is no JSON there; expected zones such as ${EXAMPLE}.`);
  }
}

/** On which line each element of a JSON array begins. */
function linesOfItems(text: string): number[] {
  const lines: number[] = [];
  let [line, depth, isBegun] = [1, 0, false];
  for (const [token] of text.matchAll(/"(?:\\.|[^"\\])*"|[[\]{},\n]|[^\s[\]{},"]+/g)) {
    if (token === '\n') {
      line += 1;
      continue;
    }
    if (token === ']' || token === '}') depth -= 1;
    if (depth === 1 && token === ',') isBegun = false;
    else if (depth === 1 && !isBegun) {
      lines.push(line);
      isBegun = true;
    }
    if (token === '[' || token === '{') depth += 1;
  }
  return lines;
}

function fieldsOf(item: unknown): ZoneText {
  if (typeof item !== 'object' || item === null || Array.isArray(item)) {
    throw new Error(
      `expected a zone such as {"start": 240, "end": 480, "crf": 20}, got ${JSON.stringify(item)}.`,
    );
  }
  const fields = new Map<Key, string>();
  let isReset = false;
  for (const [written, value] of Object.entries(item)) {
    const key = keyOf(written);
    if (fields.has(key)) throw new Error(`${key} is given twice.`);
    if (key === 'reset' && typeof value === 'boolean') isReset = value;
    else if (key !== 'reset' && (typeof value === 'string' || typeof value === 'number')) {
      fields.set(key, String(value));
    } else {
      const expected = key === 'reset' ? 'true or false' : 'a number or a text';
      throw new Error(`${key} is ${JSON.stringify(value)}, expected ${expected}.`);
    }
  }
  const start = fields.get('start');
  if (start === undefined) throw new Error('a zone needs a start.');
  return {
    ...{ start, end: fields.get('end'), preset: fields.get('preset'), crf: fields.get('crf') },
    ...{ target: targetText(fields), grain: fields.get('grainsynth'), params: fields.get('encoder-params') },
    isReset,
  };
}

function targetText(fields: ReadonlyMap<Key, string>): string | undefined {
  const vmaf = fields.get('vmaf');
  if (vmaf === undefined) return fields.get('target');
  if (fields.has('target')) throw new Error('vmaf and target contradict each other; give one of them.');
  return `vmaf=${vmaf}`;
}

function keyOf(written: string): Key {
  const dashed = written.replaceAll('_', '-');
  const key = KEYS.find((known) => known === dashed);
  if (key !== undefined) return key;
  const near = nearestWord(dashed, KEYS);
  throw new Error(
    `a zone has no ${JSON.stringify(written)}. ${near === null ? `It may have ${KEYS.join(', ')}.` : `Did you mean ${near}?`}`,
  );
}

function sayOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
