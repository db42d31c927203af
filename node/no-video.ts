/**
 * A file that holds no video and does not look like a damaged one; the message is a sentence. Whoever named the file
 * made a mistake; found in a folder it is none.
 */
export class NoVideoError extends Error {
  override readonly name = 'NoVideoError';
}
