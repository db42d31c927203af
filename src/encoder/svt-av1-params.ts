/** One key of SVT-AV1's key=value list that a user may set: a whole number in this range, both ends included. */
export interface ParamRule {
  readonly min: number;
  readonly max: number;
}

const FLAG: ParamRule = { min: 0, max: 1 };
const QINDEX_OFFSET: ParamRule = { min: -64, max: 63 };
const QM_LEVEL: ParamRule = { min: 0, max: 15 };

/**
 * The allowlist: what changes the coded picture and nothing else. Keys are those of SVT-AV1 3.1's list of parameters
 * (Docs/Parameters.md there); ranges are what its 3.1.2 takes, tried one by one, because FFmpeg only logs a bad key
 * and goes on without it.
 */
export const SVT_AV1_PARAMS: Readonly<Record<string, ParamRule>> = {
  'aq-mode': { min: 0, max: 2 },
  'chroma-qm-max': QM_LEVEL,
  'chroma-qm-min': QM_LEVEL,
  'chroma-u-ac-qindex-offset': QINDEX_OFFSET,
  'chroma-u-dc-qindex-offset': QINDEX_OFFSET,
  'chroma-v-ac-qindex-offset': QINDEX_OFFSET,
  'chroma-v-dc-qindex-offset': QINDEX_OFFSET,
  'enable-cdef': FLAG,
  'enable-dlf': FLAG,
  'enable-mfmv': FLAG,
  'enable-overlays': FLAG,
  'enable-qm': FLAG,
  'enable-restoration': FLAG,
  'enable-tf': { min: 0, max: 2 },
  'enable-tpl-la': FLAG,
  'enable-variance-boost': FLAG,
  'fast-decode': { min: 0, max: 2 },
  'film-grain': { min: 0, max: 50 },
  'film-grain-denoise': FLAG,
  'hierarchical-levels': { min: 2, max: 5 },
  'key-frame-chroma-qindex-offset': QINDEX_OFFSET,
  'key-frame-qindex-offset': QINDEX_OFFSET,
  lookahead: { min: 0, max: 120 },
  'luma-y-dc-qindex-offset': QINDEX_OFFSET,
  'luminance-qp-bias': { min: 0, max: 100 },
  'qm-max': QM_LEVEL,
  'qm-min': QM_LEVEL,
  scm: { min: 0, max: 2 },
  sharpness: { min: -7, max: 7 },
  'startup-mg-size': { min: 0, max: 4 },
  'startup-qp-offset': { min: -63, max: 63 },
  'tf-strength': { min: 0, max: 4 },
  'tile-columns': { min: 0, max: 4 },
  'tile-rows': { min: 0, max: 6 },
  tune: { min: 0, max: 2 },
  'variance-boost-curve': { min: 0, max: 2 },
  'variance-boost-strength': { min: 1, max: 4 },
  'variance-octile': { min: 1, max: 8 },
};

const FROM_SOURCE = 'it is taken from the source';
const BY_CHUNKS = 'every chunk is one closed GOP of its own';
const RATE = 'quality is set by --crf';
const MACHINE = "each machine's daemon decides it";

/** Keys of SVT-AV1 that are ours, with what to say to who sets them. */
const OWNED: Readonly<Record<string, string>> = {
  preset: 'use --preset',
  crf: 'use --crf',
  qp: 'use --crf',
  rc: RATE,
  tbr: RATE,
  mbr: RATE,
  'max-qp': RATE,
  'min-qp': RATE,
  pass: RATE,
  passes: RATE,
  stats: RATE,
  'enable-stat-report': 'the report has no reader',
  keyint: BY_CHUNKS,
  'intra-period': BY_CHUNKS,
  'irefresh-type': BY_CHUNKS,
  'enable-force-key-frames': BY_CHUNKS,
  'force-key-frames': BY_CHUNKS,
  scd: 'shots are found before encoding; see --min-scene-length and --max-scene-length',
  'pred-struct': BY_CHUNKS,
  'sframe-dist': BY_CHUNKS,
  'sframe-mode': BY_CHUNKS,
  lp: MACHINE,
  pin: MACHINE,
  ss: MACHINE,
  asm: MACHINE,
  input: FROM_SOURCE,
  output: 'use --output',
  recon: 'no file but the output is written',
  width: FROM_SOURCE,
  height: FROM_SOURCE,
  fps: FROM_SOURCE,
  'fps-num': FROM_SOURCE,
  'fps-denom': FROM_SOURCE,
  'input-depth': FROM_SOURCE,
  'color-format': FROM_SOURCE,
  'color-primaries': FROM_SOURCE,
  'transfer-characteristics': FROM_SOURCE,
  'matrix-coefficients': FROM_SOURCE,
  'color-range': FROM_SOURCE,
  'chroma-sample-position': FROM_SOURCE,
  'mastering-display': FROM_SOURCE,
  'content-light': FROM_SOURCE,
  'resize-mode': 'the picture keeps its size',
  'superres-mode': 'the picture keeps its size',
};

/** Longer than any useful list; a bound for what crosses the wire. */
export const MAX_PARAMS_TEXT = 4096;

/**
 * Reads `key=value:key=value` into checked parameters, sorted by key, numbers in their plainest form.
 *
 * @throws a sentence that names the first key or value that is not taken, and what would be.
 */
export function parseEncoderParams(text: string): Record<string, string> {
  if (text.length > MAX_PARAMS_TEXT) {
    throw new Error(`--encoder-params has ${text.length} characters, at most ${MAX_PARAMS_TEXT} are taken.`);
  }
  const params = new Map<string, string>();
  for (const pair of text.split(':').filter((part) => part.trim() !== '')) {
    const [key = '', value, ...rest] = pair.split('=').map((part) => part.trim());
    if (key === '' || value === undefined || rest.length > 0) {
      throw new Error(
        `--encoder-params got "${pair}", expected key=value pairs joined by colons, as in tune=0:enable-qm=1.`,
      );
    }
    if (params.has(key)) throw new Error(`--encoder-params sets ${key} twice; give it once.`);
    params.set(key, checkedValue(key, value));
  }
  return Object.fromEntries([...params].sort(([a], [b]) => (a < b ? -1 : 1)));
}

/** Checks parameters that came as data, off the wire or out of a journal. Throws a sentence as parsing does. */
export function checkEncoderParams(params: Readonly<Record<string, string>>): void {
  for (const [key, value] of Object.entries(params)) {
    const plain = checkedValue(key, value);
    if (plain !== value) throw new Error(`The encoder parameter ${key} is "${value}", expected "${plain}".`);
  }
}

function checkedValue(key: string, value: string): string {
  const rule = Object.hasOwn(SVT_AV1_PARAMS, key) ? SVT_AV1_PARAMS[key] : undefined;
  if (rule === undefined) throw new Error(refusal(key));
  const number = /^[+-]?\d{1,9}$/.test(value) ? Number(value) : Number.NaN;
  if (number >= rule.min && number <= rule.max) return String(number === 0 ? 0 : number);
  throw new Error(
    `The encoder parameter ${key} is "${value}", expected a whole number from ${rule.min} to ${rule.max}.`,
  );
}

function refusal(key: string): string {
  if (Object.hasOwn(OWNED, key)) return `The encoder parameter ${key} cannot be set: ${OWNED[key]}.`;
  const near = nearestKey(key);
  const hint =
    near === null ? `Known are ${Object.keys(SVT_AV1_PARAMS).join(', ')}.` : `Did you mean ${near}?`;
  return `The encoder parameter ${key} is not known for SVT-AV1. ${hint}`;
}

/** The allowed key that holds this one, or else is fewest typing errors away; null when none is near. */
function nearestKey(key: string): string | null {
  const typed = key.replaceAll('_', '-').slice(0, 64);
  const known = Object.keys(SVT_AV1_PARAMS);
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
