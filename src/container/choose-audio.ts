import type { StreamFacts } from '../media/source-video.ts';

/** Which audio tracks are carried. */
export type AudioChoice =
  /** Counted from 1 among the audio tracks alone. */
  | { readonly type: 'tracks'; readonly numbers: readonly number[] }
  /** Codes of ISO 639 or BCP 47; `und`: tracks that tell none. */
  | { readonly type: 'languages'; readonly languages: readonly string[] };

/**
 * The audio streams that a choice names.
 *
 * @throws a sentence when it names one that the source does not have.
 */
export function chosenAudio(streams: readonly StreamFacts[], choice: AudioChoice): readonly StreamFacts[] {
  const tracks = streams.filter(({ kind }) => kind === 'audio');
  if (tracks.length === 0) return [];
  if (choice.type === 'tracks') {
    const beyond = choice.numbers.find((number) => number > tracks.length);
    if (beyond === undefined) return tracks.filter((_, index) => choice.numbers.includes(index + 1));
    throw new Error(`There is no audio track ${beyond}. ${listTracks(tracks)}`);
  }
  const chosen = tracks.filter(({ language }) =>
    choice.languages.some((wanted) => languageOf(wanted) === languageOf(language ?? 'und')),
  );
  if (chosen.length > 0) return chosen;
  throw new Error(`No audio track is in ${choice.languages.join(' or ')}. ${listTracks(tracks)}`);
}

/** Reads `eng,de`. Throws a sentence. */
export function parseLanguages(text: string): string[] {
  const languages = text.split(',').map((word) => word.trim());
  const wrong = languages.find((word) => languageOf(word) === null);
  if (wrong === undefined) return languages;
  throw new Error(`Expected codes of languages with commas between, as in eng,de; got "${wrong}".`);
}

/** The same for all codes of one language: `ger`, `deu`, `de` and `de-AT`. Null for what is no code. */
function languageOf(code: string): string | null {
  try {
    // Some engines say nothing of `und`.
    return new Intl.Locale(code).language ?? 'und';
  } catch {
    return null;
  }
}

function listTracks(tracks: readonly StreamFacts[]): string {
  const told = tracks.map(({ codec, language, title }, index) => {
    const about = [codec, language ?? 'und', ...(title === null ? [] : [`“${title}”`])];
    return `${index + 1} (${about.join(', ')})`;
  });
  return `The source has ${told.join(', ')}.`;
}
