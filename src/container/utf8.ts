/**
 * UTF-8 by RFC 3629, because the rules run without a runtime's TextDecoder. Malformed, overlong and surrogate
 * sequences become U+FFFD, a character for each byte.
 */
export function decodeUtf8(bytes: Uint8Array): string {
  let text = '';
  let offset = 0;
  while (offset < bytes.length) {
    const { codePoint, length } = readCodePoint(bytes, offset);
    text += String.fromCodePoint(codePoint);
    offset += length;
  }
  return text;
}

interface CodePoint {
  readonly codePoint: number;
  readonly length: number;
}

const REPLACEMENT: CodePoint = { codePoint: 0xfffd, length: 1 };

/** Smallest code point that a sequence of this length may hold: shorter ones would be overlong. */
const SMALLEST = [0, 0, 0x80, 0x800, 0x10000];

function readCodePoint(bytes: Uint8Array, offset: number): CodePoint {
  const first = bytes[offset] ?? 0;
  if (first < 0x80) return { codePoint: first, length: 1 };
  const length = first >= 0xf0 ? 4 : first >= 0xe0 ? 3 : 2;
  if (first < 0xc2 || first > 0xf4 || offset + length > bytes.length) return REPLACEMENT;
  let codePoint = first & (0xff >> (length + 1));
  for (let i = 1; i < length; i++) {
    const next = bytes[offset + i] ?? 0;
    if ((next & 0xc0) !== 0x80) return REPLACEMENT;
    codePoint = (codePoint << 6) | (next & 0x3f);
  }
  const isSurrogate = codePoint >= 0xd800 && codePoint < 0xe000;
  if (codePoint < (SMALLEST[length] ?? 0) || codePoint > 0x10ffff || isSurrogate) return REPLACEMENT;
  return { codePoint, length };
}

/** The reverse. Lone surrogates become U+FFFD. */
export function encodeUtf8(text: string): Uint8Array {
  const bytes: number[] = [];
  for (const character of text) {
    const given = character.codePointAt(0) ?? 0;
    const codePoint = given >= 0xd800 && given < 0xe000 ? 0xfffd : given;
    if (codePoint < 0x80) bytes.push(codePoint);
    else if (codePoint < 0x800) bytes.push(0xc0 | (codePoint >> 6), tail(codePoint, 0));
    else if (codePoint < 0x10000)
      bytes.push(0xe0 | (codePoint >> 12), tail(codePoint, 6), tail(codePoint, 0));
    else bytes.push(0xf0 | (codePoint >> 18), tail(codePoint, 12), tail(codePoint, 6), tail(codePoint, 0));
  }
  return Uint8Array.from(bytes);
}

function tail(codePoint: number, shift: number): number {
  return 0x80 | ((codePoint >> shift) & 0x3f);
}
