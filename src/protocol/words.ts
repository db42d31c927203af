import { MAX_WORDS_LENGTH } from './limits.ts';

/**
 * Text for people that crosses the wire (reasons, an encoder's last lines): without control characters, which a
 * terminal would obey, and not longer than a message may carry. The end is kept, where encoders say what went wrong.
 */
export function clipWords(text: string, maxLength = MAX_WORDS_LENGTH): string {
  const clean = withoutControls(text).trim();
  return clean.length <= maxLength ? clean : `…${clean.slice(clean.length - maxLength + 1)}`;
}

/** Escape sequences go whole; other control characters but line ends and tabs become spaces. */
export function withoutControls(text: string): string {
  return (
    text
      // biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what is looked for
      .replace(/\u001b\[[0-?]*[ -/]*[@-~]/g, '')
      // biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what is looked for
      .replace(/[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u2028\u2029\u202a-\u202e\u2066-\u2069]/g, ' ')
  );
}
