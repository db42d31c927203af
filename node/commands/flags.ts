import { type Command, InvalidArgumentError, Option } from 'commander';

/**
 * Adds `--NAME` and `--no-NAME`. Given both, the command ends with wrong usage: none of them silently wins.
 * @param fallback what holds when neither is given.
 */
export function addSwitch(command: Command, name: string, fallback: boolean, meaning: string): void {
  const on = new Option(`--${name}`, fallback ? `${meaning} (the default)` : meaning);
  const off = new Option(`--no-${name}`, fallback ? `do not ${meaning}` : `do not ${meaning} (the default)`);
  // The shorter help names the one that changes something.
  command.addOption(fallback ? on.hideHelp() : on).addOption(fallback ? off : off.hideHelp());
  command.setOptionValueWithSource(off.attributeName(), fallback, 'default');
  const given = new Set<string>();
  for (const flag of [name, `no-${name}`]) {
    command.on(`option:${flag}`, () => {
      given.add(flag);
      if (given.size > 1) {
        command.error(`error: --${name} and --no-${name} contradict each other; give one of them`);
      }
    });
  }
}

/** Adds a flag with a value. Given twice, the command ends with wrong usage. */
export function addValue<Value>(
  command: Command,
  flags: string,
  meaning: string,
  parse: (text: string) => Value,
): void {
  let isGiven = false;
  command.addOption(
    new Option(flags, meaning).argParser((text: string): Value => {
      if (isGiven) throw new InvalidArgumentError('It is given twice; give it once.');
      isGiven = true;
      try {
        return parse(text);
      } catch (error) {
        throw new InvalidArgumentError(error instanceof Error ? error.message : String(error));
      }
    }),
  );
}

/**
 * Adds a flag that may be given several times.
 * @param check throws a sentence when a value cannot be meant.
 */
export function addRepeatable(
  command: Command,
  flags: string,
  meaning: string,
  check: (text: string) => void,
): void {
  command.addOption(
    new Option(flags, meaning).argParser((text: string, before: string[] = []): string[] => {
      try {
        check(text);
      } catch (error) {
        throw new InvalidArgumentError(error instanceof Error ? error.message : String(error));
      }
      return [...before, text];
    }),
  );
}

/** One of a few words. */
export function oneOf<Word extends string>(words: readonly Word[]): (text: string) => Word {
  return (text) => {
    const word = words.find((known) => known === text);
    if (word !== undefined) return word;
    throw new Error(`Expected one of ${words.join(', ')}.`);
  };
}

/** A whole number in a range, both ends included. */
export function wholeNumber(min: number, max: number): (text: string) => number {
  return (text) => {
    const number = /^-?\d+$/.test(text) ? Number(text) : Number.NaN;
    if (number >= min && number <= max) return number;
    throw new Error(`Expected a whole number from ${min} to ${max}.`);
  };
}

/** Whole numbers that rise, with commas between. */
export function risingNumbers(text: string): number[] {
  const numbers = text.split(',').map((part) => (/^\s*\d{1,9}\s*$/.test(part) ? Number(part) : Number.NaN));
  if (numbers.every((number, i) => number > (numbers[i - 1] ?? -1))) return numbers;
  throw new Error('Expected whole numbers that rise, with commas between, as in 240,1200.');
}

/** A number above zero, with a fraction or without. */
export function decimalNumber(text: string): number {
  const number = /^\d+(\.\d+)?$/.test(text) ? Number(text) : Number.NaN;
  if (number > 0) return number;
  throw new Error('Expected a number above zero, as in 28 or 22.5.');
}

/** Seconds in a range, fractions allowed. */
export function secondsBetween(min: number, max: number): (text: string) => number {
  return (text) => {
    const number = /^\d+(\.\d+)?$/.test(text) ? Number(text) : Number.NaN;
    if (number >= min && number <= max) return number;
    throw new Error(`Expected seconds from ${min} to ${max}, as in 2.5.`);
  };
}

/** A share of a whole: `25%` or `0.25`. Above 1 a percent sign is needed, so that `25` is not taken for 25 times. */
export function shareOf(text: string): number {
  const [, number, percent] = /^(\d+(?:\.\d+)?)\s*(%?)$/.exec(text) ?? [];
  const share = Number(number) / (percent === '%' ? 100 : 1);
  if (share >= 0 && share <= 1) return share;
  throw new Error('Expected a share such as 25% or 0.25.');
}

const SIZE_UNITS: Readonly<Record<string, number>> = { '': 1, k: 1e3, m: 1e6, g: 1e9, t: 1e12 };

/** A size in bytes: `20GB`, `500M`, `1.5T`. */
export function byteSize(text: string): number {
  const [, number, unit] = /^(\d+(?:\.\d+)?)\s*([kmgt]?)b?$/i.exec(text) ?? [];
  const factor = SIZE_UNITS[unit?.toLowerCase() ?? ''];
  if (number === undefined || factor === undefined) {
    throw new Error('Expected a size such as 20GB, 500MB or 1.5TB.');
  }
  return Math.round(Number(number) * factor);
}

/** Bits a second, in powers of ten, `50M`, `1.5G`, `50Mbit/s`; gives bytes a second. */
export function bitRate(minBytesPerSecond: number): (text: string) => number {
  return (text) => {
    const [, number, unit] = /^(\d+(?:\.\d+)?)\s*([kmg]?)(?:bit\/s)?$/i.exec(text) ?? [];
    const bytes = (Number(number) * (SIZE_UNITS[unit?.toLowerCase() ?? ''] ?? Number.NaN)) / 8;
    if (bytes >= minBytesPerSecond) return bytes;
    throw new Error(
      `Expected bits a second such as 50M or 1.5G, at least ${(minBytesPerSecond * 8) / 1e6}M.`,
    );
  };
}

/** `as it is`, for flags whose text is checked elsewhere. */
export function asText(text: string): string {
  return text;
}

/** Flags of the seed that have another name here, and do the same. */
const SEED_NAMES: Readonly<Record<string, string>> = {
  '--celeryless': '--local',
  '--no-celeryless': '--no-local',
  '--multiprocess-workers': '--slots',
};

/**
 * Writes every flag with dashes between its words and by its own name: the seed's flags have underscores, and some other names. Only flags that exist are
 * changed, so a value that looks like one stays what it is.
 */
export function withDashes(argv: readonly string[], known: ReadonlySet<string>): string[] {
  const end = argv.indexOf('--');
  return argv.map((word, i) => {
    if (end !== -1 && i >= end) return word;
    const [, flag, rest] = /^(--[a-z][a-z0-9_-]*)(=.*)?$/is.exec(word) ?? [];
    if (flag === undefined) return word;
    const dashed = flag.replaceAll('_', '-');
    const name = SEED_NAMES[dashed] ?? dashed;
    return name !== flag && known.has(name) ? name + (rest ?? '') : word;
  });
}

/** Every long flag of a command and of its subcommands. */
export function longFlags(command: Command): Set<string> {
  const own = command.options.flatMap((option) => (option.long === undefined ? [] : [option.long]));
  return new Set([...own, ...command.commands.flatMap((inner) => [...longFlags(inner)])]);
}
