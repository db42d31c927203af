/** What an unknown thrown value says, as a sentence for a person. */
export function sentenceOf(error: unknown): string {
  return error instanceof Error && error.message !== '' ? error.message : String(error);
}
