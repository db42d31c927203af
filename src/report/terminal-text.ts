import { withoutControls } from '../protocol/words.ts';

/** The codes of COLOURED (style.ts), which alone may reach a terminal. */
// biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what is looked for
const STYLES = /(\u001b\[(?:1|2|22|31|32|39)m)/;

/**
 * Text as it may be shown. File names, titles, encoders' words and names of machines may hold control characters, which a
 * terminal would obey: these go, and only our own styles stay. Everything that is shown passes here, so nothing before needs
 * to care.
 */
export function forTerminal(text: string, isColoured: boolean): string {
  if (!isColoured) return withoutControls(text);
  return text
    .split(STYLES)
    .map((piece, i) => (i % 2 === 1 ? piece : withoutControls(piece)))
    .join('');
}

/** JSON on one line, or indented, whose strings hold no character that a terminal would obey: JSON itself leaves some as they are. */
export function toJson(value: unknown, indent = 0): string {
  return JSON.stringify(value, null, indent).replace(OBEYED, (sign) => {
    return `\\u${sign.charCodeAt(0).toString(16).padStart(4, '0')}`;
  });
}

/** Beside those that JSON escapes: DEL, C1, and what turns the direction of text or its lines. */
const OBEYED = /[\u007f-\u009f\u2028\u2029\u202a-\u202e\u2066-\u2069]/g;
