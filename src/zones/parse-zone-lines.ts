import type { EncoderName } from '../encoder/encoders.ts';
import type { FoundZone, ZoneContext } from './parse-zones.ts';
import { type ZoneText, zoneOf } from './zone-fields.ts';

/** What Av1an calls the encoders that are here, embedded or not; each has its own name besides. */
const ENCODER_WORDS: Readonly<Record<string, readonly EncoderName[]>> = {
  svt: ['svt-av1', 'svtav1encapp'],
  'svt-av1': ['svtav1encapp'],
  aom: ['aomenc'],
  x265: ['x265-cli'],
  x264: ['x264-cli'],
};

/** Options of an encoder's command line that have a flag of their own here. */
const OWN_FLAGS: Readonly<Record<string, 'crf' | 'preset' | 'grain' | 'target'>> = {
  crf: 'crf',
  preset: 'preset',
  'film-grain': 'grain',
  'target-quality': 'target',
};

/** Av1an's: `START END ENCODER [reset] [--option VALUE]…`, END not part of it and -1 the film's end. */
export function parseZoneLines(text: string, context: ZoneContext): FoundZone[] {
  return text.split('\n').flatMap((written, index) => {
    const line = index + 1;
    const words = written.trim().split(/\s+/);
    if (words[0] === '' || words[0]?.startsWith('#') === true) return [];
    try {
      return [{ line, zone: zoneOf(fieldsOf(words, context), context) }];
    } catch (error) {
      throw new Error(`Line ${line}: ${error instanceof Error ? error.message : String(error)}`);
    }
  });
}

function fieldsOf(words: readonly string[], { name }: ZoneContext): ZoneText {
  const [start, end, encoder, ...rest] = words;
  if (start === undefined || end === undefined || encoder === undefined) {
    throw new Error('expected START END ENCODER, as in 240 480 svt-av1 --crf 20, or a file of JSON.');
  }
  const meant = Object.hasOwn(ENCODER_WORDS, encoder) ? ENCODER_WORDS[encoder] : undefined;
  if (encoder !== name && meant?.includes(name) !== true) {
    throw new Error(`its encoder is ${encoder}, the job's is ${name}; a file has one encoder.`);
  }
  const isReset = rest[0] === 'reset';
  return {
    ...{ start, end: end === '-1' ? undefined : end, isReset },
    ...optionsOf(isReset ? rest.slice(1) : rest),
  };
}

function optionsOf(words: readonly string[]): Omit<ZoneText, 'start' | 'end' | 'isReset'> {
  const own = new Map<string, string>();
  const params: string[] = [];
  for (const [key, value] of pairsOf(words)) {
    const flag = Object.hasOwn(OWN_FLAGS, key) ? OWN_FLAGS[key] : undefined;
    if (flag === undefined) params.push(`${key}=${value}`);
    else if (own.has(flag)) throw new Error(`--${key} is given twice.`);
    else own.set(flag, value);
  }
  const target = own.get('target');
  return {
    ...{ crf: own.get('crf'), preset: own.get('preset'), grain: own.get('grain') },
    // Av1an measures by VMAF unless told otherwise.
    target: target === undefined || target.includes('=') ? target : `vmaf=${target}`,
    params: params.length === 0 ? undefined : params.join(':'),
  };
}

/** `--key value`, `--key=value` and SVT-AV1's own `--key` for 1. */
function pairsOf(words: readonly string[]): (readonly [key: string, value: string])[] {
  const pairs: (readonly [string, string])[] = [];
  for (let at = 0; at < words.length; at += 1) {
    const [, key, joined] = /^--?([a-z][a-z0-9-]*)(?:=(.+))?$/i.exec(words[at] ?? '') ?? [];
    if (key === undefined) throw new Error(`"${words[at]}" is no option; expected --key value.`);
    const next = words[at + 1];
    const hasNext = joined === undefined && next !== undefined && !/^--?[a-z]/i.test(next);
    pairs.push([key, joined ?? (hasNext ? next : '1')]);
    if (hasNext) at += 1;
  }
  return pairs;
}
