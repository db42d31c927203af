/** What one key of an encoder's key=value list may be: a number in a range, both ends included, or one of some words. */
export type ParamRule =
  | { readonly min: number; readonly max: number; readonly decimals: number }
  | { readonly words: readonly string[] };

/** Parameters of an encoder. Keys are written with hyphens, as its own documents do. */
export interface ParamTable {
  /** The allowlist: what changes the coded picture and nothing else. */
  readonly known: Readonly<Record<string, ParamRule>>;
  /** Keys that are ours, with what to say to who sets them. */
  readonly owned: Readonly<Record<string, string>>;
}

/**
 * Parameters that serve some films better than what the encoder does by itself, for `--autoparam` to try: each list holds
 * changes of one kind, of which a film takes one at most.
 */
export type Alternatives = readonly (readonly Readonly<Record<string, string>>[])[];

/** What is said of a key that is ours. */
export const OWNED_BECAUSE = {
  source: 'it is taken from the source',
  chunks: 'every chunk is one closed GOP of its own',
  cuts: 'shots are found before encoding; see --min-scene-length and --max-scene-length',
  rate: 'quality is set by --crf',
  machine: "each machine's daemon decides it",
  files: 'no file but the output is read or written',
  size: 'the picture keeps its size',
  preset: 'use --preset',
  passes: 'use --passes',
  grain: 'use --grainsynth',
  report: 'the report has no reader',
} as const;

/** Longer than any useful list; a bound for what crosses the wire. */
export const MAX_PARAMS_TEXT = 4096;

export function whole(min: number, max: number): ParamRule {
  return { min, max, decimals: 0 };
}

/** A number with up to two digits behind the point. */
export function decimal(min: number, max: number): ParamRule {
  return { min, max, decimals: 2 };
}

/** 0 or 1. */
export const SWITCH: ParamRule = whole(0, 1);

/** Several keys for one reason. */
export function because<Key extends string>(reason: string, keys: readonly Key[]): Record<Key, string> {
  return Object.fromEntries(keys.map((key) => [key, reason])) as Record<Key, string>;
}

/** What is needed of an encoder to check its parameters. */
export interface ParamOwner {
  readonly title: string;
  readonly params: ParamTable;
}

/**
 * Reads `key=value:key=value` into checked parameters, sorted by key, numbers in their plainest form.
 *
 * @throws a sentence that names the first key or value that is not taken, and what would be.
 */
export function parseEncoderParams(text: string, encoder: ParamOwner): Record<string, string> {
  if (text.length > MAX_PARAMS_TEXT) {
    throw new Error(`--encoder-params has ${text.length} characters, at most ${MAX_PARAMS_TEXT} are taken.`);
  }
  const params = new Map<string, string>();
  for (const pair of text.split(':').filter((part) => part.trim() !== '')) {
    const [key = '', value, ...rest] = pair.split('=').map((part) => part.trim());
    if (key === '' || value === undefined || rest.length > 0) {
      throw new Error(
        `--encoder-params got "${pair}", expected key=value pairs joined by colons, as in tune=0:aq-mode=1.`,
      );
    }
    if (params.has(key)) throw new Error(`--encoder-params sets ${key} twice; give it once.`);
    params.set(key, checkedValue(encoder, key, value));
  }
  return Object.fromEntries([...params].sort(([a], [b]) => (a < b ? -1 : 1)));
}

/** Checks parameters that came as data, off the wire or out of a journal. Throws a sentence as parsing does. */
export function checkEncoderParams(params: Readonly<Record<string, string>>, encoder: ParamOwner): void {
  for (const [key, value] of Object.entries(params)) {
    const plain = checkedValue(encoder, key, value);
    if (plain !== value) throw new Error(`The encoder parameter ${key} is "${value}", expected "${plain}".`);
  }
}

/** A rule in words, as after "expected". */
export function describeRule(rule: ParamRule): string {
  if ('words' in rule) return `one of ${rule.words.join(', ')}`;
  return `${rule.decimals === 0 ? 'a whole number' : 'a number'} from ${rule.min} to ${rule.max}`;
}

function checkedValue(encoder: ParamOwner, key: string, value: string): string {
  const { known } = encoder.params;
  const rule = Object.hasOwn(known, key) ? known[key] : undefined;
  if (rule === undefined) throw new Error(refusal(encoder, key));
  const plain = plainValue(rule, value);
  if (plain !== null) return plain;
  throw new Error(`The encoder parameter ${key} is "${value}", expected ${describeRule(rule)}.`);
}

/** The value in its plainest form, null when the rule does not allow it. */
export function plainValue(rule: ParamRule, value: string): string | null {
  if ('words' in rule) return rule.words.includes(value) ? value : null;
  const form = rule.decimals === 0 ? /^[+-]?\d{1,9}$/ : /^[+-]?\d{1,9}(\.\d{1,9})?$/;
  const number = form.test(value) ? Number(value) : Number.NaN;
  if (!(number >= rule.min && number <= rule.max)) return null;
  const rounded = Number(number.toFixed(rule.decimals));
  return String(rounded === 0 ? 0 : rounded);
}

function refusal(encoder: ParamOwner, key: string): string {
  const { known, owned } = encoder.params;
  if (Object.hasOwn(owned, key)) return `The encoder parameter ${key} cannot be set: ${owned[key]}.`;
  const near = nearestWord(key.replaceAll('_', '-'), Object.keys(known));
  const hint = near === null ? `Known are ${Object.keys(known).join(', ')}.` : `Did you mean ${near}?`;
  return `The encoder parameter ${key} is not known for ${encoder.title}. ${hint}`;
}

/** The word that holds this one, or else is fewest typing errors away; null when none is near. */
export function nearestWord(word: string, known: readonly string[]): string | null {
  const typed = word.slice(0, 64);
  const limit = Math.max(2, Math.floor(typed.length / 3));
  let best = typed.length < 4 ? null : (known.find((candidate) => candidate.includes(typed)) ?? null);
  let bestDistance = best === null ? limit + 1 : 1;
  for (const candidate of known) {
    const distance = editDistance(typed, candidate);
    if (distance < bestDistance) [best, bestDistance] = [candidate, distance];
  }
  return best;
}

/** Levenshtein's distance: least number of inserted, deleted and replaced characters. */
function editDistance(a: string, b: string): number {
  let row = Array.from({ length: b.length + 1 }, (_, i) => i);
  for (let i = 0; i < a.length; i++) {
    const next = [i + 1];
    for (let j = 0; j < b.length; j++) {
      const replaced = (row[j] as number) + (a[i] === b[j] ? 0 : 1);
      next.push(Math.min(replaced, (row[j + 1] as number) + 1, (next[j] as number) + 1));
    }
    row = next;
  }
  return row[b.length] as number;
}
