/** FFmpeg's `key=value:key=value`, with what would end a value escaped. */
export function joinPairs(pairs: Readonly<Record<string, string>>): string {
  return Object.entries(pairs)
    .map(([key, value]) => `${key}=${value.replace(/[\\:'=]/g, '\\$&')}`)
    .join(':');
}
