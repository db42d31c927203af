/**
 * The text of a journal: a header line that names the format's version, then one record a line. A record is its
 * checksum (eight hexadecimal digits), a space, and JSON without line breaks.
 */
const HEADER_WORDS = 'vadeio-node journal';

const RECORD = /^([0-9a-f]{8}) (.*)$/;

export interface JournalText {
  /** Version of the header, null when the file is empty or its header is torn: such a journal holds nothing. */
  readonly version: number | null;
  /** JSON of every sound record, in order. */
  readonly records: readonly string[];
  /** Bytes that hold the header and the sound records; what follows was torn by a crash and is to be cut off. */
  readonly soundBytes: number;
}

export function journalHeader(version: number): string {
  return `${HEADER_WORDS} ${version}\n`;
}

export function journalRecord(json: string, checksum: number): string {
  return `${checksum.toString(16).padStart(8, '0')} ${json}\n`;
}

/**
 * Reads lines as far as they are sound. A crash can only tear the end of an append-only file: damage that no sound
 * record follows is dropped; damage in front of a sound record is not a crash's, and throws a sentence.
 * @param lines the file's lines without their line breaks; the last one has none in the file (mostly it is empty).
 * @param lineBytes bytes of the given line in the file, without its line break.
 * @param checksum of a record's JSON, 32 bits.
 */
export function readJournalText(
  lines: readonly string[],
  lineBytes: (line: number) => number,
  checksum: (json: string) => number,
): JournalText {
  const version = readHeader(lines);
  if (version === null) return { version: null, records: [], soundBytes: 0 };
  const records: string[] = [];
  let soundBytes = lineBytes(0) + 1;
  for (let line = 1; line < lines.length - 1; line++) {
    const json = soundJson(lines[line] ?? '', checksum);
    if (json === null) {
      refuseDamageBeforeSoundRecord(lines, line, checksum);
      break;
    }
    records.push(json);
    soundBytes += lineBytes(line) + 1;
  }
  return { version, records, soundBytes };
}

function readHeader(lines: readonly string[]): number | null {
  const first = lines[0] ?? '';
  // Written by one append: without its line break it is torn, if it is ours at all.
  if (lines.length === 1 && isTornHeader(first)) return null;
  const version = first.startsWith(`${HEADER_WORDS} `)
    ? Number(first.slice(HEADER_WORDS.length + 1))
    : Number.NaN;
  if (lines.length === 1 || !Number.isInteger(version)) {
    throw new Error(`it begins with "${first.slice(0, 40)}" instead of "${HEADER_WORDS}" and a version`);
  }
  return version;
}

function isTornHeader(text: string): boolean {
  if (text.length <= HEADER_WORDS.length) return HEADER_WORDS.startsWith(text);
  return text.startsWith(HEADER_WORDS) && /^ \d*$/.test(text.slice(HEADER_WORDS.length));
}

function soundJson(line: string, checksum: (json: string) => number): string | null {
  const [, digits, json] = RECORD.exec(line) ?? [];
  if (digits === undefined || json === undefined) return null;
  return checksum(json) === Number.parseInt(digits, 16) ? json : null;
}

function refuseDamageBeforeSoundRecord(
  lines: readonly string[],
  damaged: number,
  checksum: (json: string) => number,
): void {
  for (let line = damaged + 1; line < lines.length - 1; line++) {
    if (soundJson(lines[line] ?? '', checksum) !== null) {
      throw new Error(`line ${damaged + 1} is damaged although line ${line + 1} is sound`);
    }
  }
}
