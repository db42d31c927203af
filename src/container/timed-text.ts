import { decodeUtf8 } from './utf8.ts';

/**
 * The text of one 3GPP timed text sample (ETSI TS 126 245, §5.17): a big-endian length and as many bytes of UTF-8, or
 * of UTF-16 after a byte order mark; style boxes may follow and are left out. Empty for the empty samples that fill
 * the gaps between subtitles, and for a sample that is cut short.
 */
export function timedTextOf(sample: Uint8Array): string {
  if (sample.length < 2) return '';
  const length = ((sample[0] ?? 0) << 8) | (sample[1] ?? 0);
  if (2 + length > sample.length) return '';
  return decodeText(sample.subarray(2, 2 + length))
    .replaceAll('\0', '')
    .replaceAll(/\r\n?/g, '\n');
}

function decodeText(bytes: Uint8Array): string {
  if (bytes[0] === 0xfe && bytes[1] === 0xff) return decodeUtf16(bytes.subarray(2), false);
  if (bytes[0] === 0xff && bytes[1] === 0xfe) return decodeUtf16(bytes.subarray(2), true);
  return decodeUtf8(bytes);
}

function decodeUtf16(bytes: Uint8Array, isLittleEndian: boolean): string {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  let text = '';
  for (let offset = 0; offset + 1 < bytes.length; offset += 2) {
    text += String.fromCharCode(view.getUint16(offset, isLittleEndian));
  }
  return text;
}
