import { because, nearestWord } from '../encoder/params.ts';
import {
  checkedOption,
  FILTER_NAMES,
  filterOf,
  isFilterName,
  type PictureFilter,
} from './picture-filters.ts';

const CHANGES_FRAMES =
  'it changes the number of frames, and every frame of the source is to be in the output';
const READS_FILES = 'it reads files, and a filter of a job runs on other machines too';

/** Filters that people know and that are not taken, with the reason. */
const REFUSED: Readonly<Record<string, string>> = {
  ...because(CHANGES_FRAMES, [
    'fps',
    'framerate',
    'minterpolate',
    'decimate',
    'mpdecimate',
    'select',
    'trim',
  ]),
  ...because(CHANGES_FRAMES, [
    'loop',
    'tile',
    'telecine',
    'fieldmatch',
    'pullup',
    'reverse',
    'setpts',
    'framestep',
  ]),
  ...because(READS_FILES, ['subtitles', 'ass', 'movie', 'lut3d', 'lut1d', 'haldclut', 'drawtext', 'overlay']),
  ...because('bwdif does the same and is always available: write bwdif', [
    'yadif',
    'w3fdif',
    'estdif',
    'nnedi',
  ]),
  format: 'the pixel format follows from --bit-depth',
};

/** Longer than any useful chain. */
const MAX_TEXT = 2048;

/**
 * Reads a chain in FFmpeg's way of writing, `crop=1920:800:0:140,scale=1280:534`, with or without `-vf` before it, into
 * filters on the allowlist with numbers in their ranges. Options that are left out stay out.
 *
 * @throws a sentence that names the first filter or value that is not taken, and what would be.
 */
export function parseFilters(text: string): PictureFilter[] {
  if (text.length > MAX_TEXT) {
    throw new Error(
      `A chain of filters of ${text.length} characters was given, at most ${MAX_TEXT} are taken.`,
    );
  }
  const chain = text
    .trim()
    .replace(/^-(vf|filter:v)\s+/, '')
    .replace(/^(["'])(.*)\1$/, '$2');
  if (chain === '') throw new Error('Expected filters as in crop=1920:800:0:140,scale=1280:534.');
  return chain.split(',').map((part) => parseFilter(part.trim()));
}

function parseFilter(text: string): PictureFilter {
  const at = text.indexOf('=');
  const name = at === -1 ? text : text.slice(0, at);
  if (!isFilterName(name)) throw new Error(refusal(name));
  const { required, positional } = filterOf(name);
  const options = new Map<string, string>();
  const values = at === -1 ? [] : text.slice(at + 1).split(':');
  for (const [place, part] of values.entries()) {
    const { key, value } = keyed(part, positional[place], text);
    if (options.has(key)) throw new Error(`The filter ${text} sets ${key} twice.`);
    options.set(key, checkedOption(name, key, value));
  }
  const missing = required.find((key) => !options.has(key));
  if (missing !== undefined) throw new Error(`The filter ${text} does not say ${missing}.`);
  return { name, options: Object.fromEntries(options) };
}

function keyed(part: string, position: string | undefined, filter: string): { key: string; value: string } {
  const at = part.indexOf('=');
  if (at !== -1) return { key: part.slice(0, at), value: part.slice(at + 1) };
  if (position === undefined) throw new Error(`The filter ${filter} has more values than options.`);
  return { key: position, value: part };
}

function refusal(name: string): string {
  const reason = Object.hasOwn(REFUSED, name) ? REFUSED[name] : undefined;
  if (reason !== undefined) return `The filter ${name} is not taken: ${reason}.`;
  const near = nearestWord(name, FILTER_NAMES);
  const hint = near === null ? '' : ` Did you mean ${near}?`;
  return `The filter "${name}" is not known.${hint} Taken are ${FILTER_NAMES.join(', ')}.`;
}
