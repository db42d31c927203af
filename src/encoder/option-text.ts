import { type ParamTable, SWITCH } from './params.ts';

/** FFmpeg's `key=value:key=value`, with what would end a value escaped. */
export function joinPairs(pairs: Readonly<Record<string, string>>): string {
  return Object.entries(pairs)
    .map(([key, value]) => `${key}=${value.replace(/[\\:'=]/g, '\\$&')}`)
    .join(':');
}

/** A program's arguments `--key value`. */
export function longOptions(pairs: Readonly<Record<string, string>>): string[] {
  return Object.entries(pairs).flatMap(([key, value]) => [`--${key}`, value]);
}

/** A program's arguments `--key=value`. */
export function joinedOptions(pairs: Readonly<Record<string, string>>): string[] {
  return Object.entries(pairs).map(([key, value]) => `--${key}=${value}`);
}

/** `--key value` for programs whose switches are `--key` and `--no-key`, by the table of what their keys may be. */
export function longOptionsOrSwitches(
  pairs: Readonly<Record<string, string>>,
  { known }: ParamTable,
): string[] {
  return Object.entries(pairs).flatMap(([key, value]) => {
    if (known[key] !== SWITCH) return [`--${key}`, value];
    return [value === '1' ? `--${key}` : `--no-${key}`];
  });
}
