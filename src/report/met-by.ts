/** How a machine was met, for people: by the names that the mesh has for it. */
const WORDS: Readonly<Record<string, string>> = {
  mdns: 'mDNS',
  address: '--peer',
  remembered: 'its last address',
  inbound: 'its own call',
};

/** @param way as peers tell it; one that is not known is shown as it is. */
export function metByWords(way: string): string {
  return WORDS[way] ?? way;
}
