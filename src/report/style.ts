/** How words are set off on a terminal; without colours each leaves its text as it is. */
export interface Style {
  bold(text: string): string;
  dim(text: string): string;
  good(text: string): string;
  bad(text: string): string;
}

/** Select Graphic Rendition (ECMA-48, 8.3.117): the codes that begin and end each style. */
const paint =
  (begin: number, end: number) =>
  (text: string): string =>
    `\u001b[${begin}m${text}\u001b[${end}m`;

const asIs = (text: string): string => text;

export const PLAIN: Style = { bold: asIs, dim: asIs, good: asIs, bad: asIs };

export const COLOURED: Style = {
  bold: paint(1, 22),
  dim: paint(2, 22),
  good: paint(32, 39),
  bad: paint(31, 39),
};
