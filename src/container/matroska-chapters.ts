import type { Chapter } from '../media/source-video.ts';
import {
  EBML_IDS,
  type EbmlElement,
  ebmlElements,
  readUnsigned,
  writeEbmlElement,
  writeEbmlUnsigned,
} from './ebml.ts';
import { decodeUtf8, encodeUtf8 } from './utf8.ts';

/** More than any disc or film has; it bounds what a hostile file can make us keep and print. */
export const MAX_CHAPTERS = 2000;

const NANOSECONDS = 1e9;

/**
 * The chapters of a Matroska file: those of the default edition, else of the first. Nested ones stand beside their
 * parents, hidden ones are left out, and of several titles the first is taken (RFC 9559 §5.1.7).
 *
 * @param content what is inside the Chapters element. Damaged parts are skipped.
 */
export function readMatroskaChapters(content: Uint8Array): Chapter[] {
  const editions = [...ebmlElements(content)].filter(({ id }) => id === EBML_IDS.editionEntry);
  const edition = editions.find(isDefaultEdition) ?? editions[0];
  if (edition === undefined) return [];
  const chapters: Chapter[] = [];
  collectAtoms(edition.content, 0, chapters);
  return chapters.sort((a, b) => a.startSeconds - b.startSeconds);
}

function isDefaultEdition(edition: EbmlElement): boolean {
  return unsignedOf(edition.content, EBML_IDS.editionFlagDefault) === 1;
}

/** Deeper than any real menu; it bounds the recursion that a hostile file can cause. */
const MAX_DEPTH = 8;

function collectAtoms(content: Uint8Array, depth: number, chapters: Chapter[]): void {
  for (const { id, content: atom } of ebmlElements(content)) {
    if (id !== EBML_IDS.chapterAtom) continue;
    if (chapters.length >= MAX_CHAPTERS) return;
    const chapter = readAtom(atom);
    if (chapter !== null) chapters.push(chapter);
    if (depth < MAX_DEPTH) collectAtoms(atom, depth + 1, chapters);
  }
}

function readAtom(atom: Uint8Array): Chapter | null {
  const start = unsignedOf(atom, EBML_IDS.chapterTimeStart);
  if (start === null || unsignedOf(atom, EBML_IDS.chapterFlagHidden) === 1) return null;
  const end = unsignedOf(atom, EBML_IDS.chapterTimeEnd);
  const display = contentOf(atom, EBML_IDS.chapterDisplay);
  return {
    startSeconds: start / NANOSECONDS,
    endSeconds: end === null ? null : end / NANOSECONDS,
    title: display === null ? '' : (textOf(display, EBML_IDS.chapString) ?? ''),
    language: display === null ? null : languageOf(display),
  };
}

/** The BCP 47 tag wins over the older field, whose default is English (RFC 9559 §5.1.7.1.4.10). */
function languageOf(display: Uint8Array): string | null {
  const tag = textOf(display, EBML_IDS.chapLanguageBcp47) ?? textOf(display, EBML_IDS.chapLanguage) ?? 'eng';
  return tag === 'und' || tag === '' ? null : tag;
}

function contentOf(parent: Uint8Array, id: number): Uint8Array | null {
  for (const element of ebmlElements(parent)) if (element.id === id) return element.content;
  return null;
}

function unsignedOf(parent: Uint8Array, id: number): number | null {
  const content = contentOf(parent, id);
  return content === null || content.length > 8 ? null : readUnsigned(content, 0, content.length);
}

function textOf(parent: Uint8Array, id: number): string | null {
  const content = contentOf(parent, id);
  return content === null ? null : decodeUtf8(content).split('\0', 1).join('');
}

/** A whole Chapters element: one default edition with these chapters, in order. */
export function writeMatroskaChapters(chapters: readonly Chapter[]): Uint8Array {
  return writeEbmlElement(
    EBML_IDS.chapters,
    writeEbmlElement(
      EBML_IDS.editionEntry,
      writeEbmlUnsigned(EBML_IDS.editionUid, 1),
      writeEbmlUnsigned(EBML_IDS.editionFlagDefault, 1),
      ...chapters.slice(0, MAX_CHAPTERS).map(writeAtom),
    ),
  );
}

function writeAtom(chapter: Chapter, index: number): Uint8Array {
  const end = chapter.endSeconds;
  return writeEbmlElement(
    EBML_IDS.chapterAtom,
    writeEbmlUnsigned(EBML_IDS.chapterUid, index + 1),
    writeEbmlUnsigned(EBML_IDS.chapterTimeStart, toNanoseconds(chapter.startSeconds)),
    ...(end === null ? [] : [writeEbmlUnsigned(EBML_IDS.chapterTimeEnd, toNanoseconds(end))]),
    writeEbmlElement(
      EBML_IDS.chapterDisplay,
      writeEbmlElement(EBML_IDS.chapString, encodeUtf8(chapter.title)),
      ...writeLanguage(chapter.language),
    ),
  );
}

function toNanoseconds(seconds: number): number {
  return Math.max(0, Math.round(seconds * NANOSECONDS));
}

/** The older field takes ISO 639-2 codes of three letters only; other tags go into the newer one. */
function writeLanguage(language: string | null): Uint8Array[] {
  const isIso = language !== null && /^[a-z]{3}$/.test(language);
  const iso = writeEbmlElement(EBML_IDS.chapLanguage, encodeUtf8(isIso ? language : 'und'));
  if (language === null || isIso) return [iso];
  return [iso, writeEbmlElement(EBML_IDS.chapLanguageBcp47, encodeUtf8(language))];
}
