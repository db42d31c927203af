/** Which of a leader's jobs goes first, from LOWEST_PRIORITY to HIGHEST_PRIORITY: of equals the one submitted first. */
const WORDS: readonly string[] = ['lowest', 'low', 'normal', 'high', 'highest'];

export const LOWEST_PRIORITY = -2;
export const NORMAL_PRIORITY = 0;
export const HIGHEST_PRIORITY = 2;

/** `high`, for 1. */
export function priorityWord(priority: number): string {
  return WORDS[priority - LOWEST_PRIORITY] ?? String(priority);
}

/** A number or its word. Throws a sentence. */
export function parsePriority(text: string): number {
  const word = WORDS.indexOf(text);
  if (word !== -1) return word + LOWEST_PRIORITY;
  const number = /^[-+]?\d$/.test(text) ? Number(text) : Number.NaN;
  if (number >= LOWEST_PRIORITY && number <= HIGHEST_PRIORITY) return number;
  throw new Error(
    `Expected a number from ${LOWEST_PRIORITY} to ${HIGHEST_PRIORITY}, or one of ${WORDS.join(', ')}.`,
  );
}

/** Higher priorities first. Sorting by it keeps the order of equals. */
export function moreUrgentFirst(a: { readonly priority: number }, b: { readonly priority: number }): number {
  return b.priority - a.priority;
}
