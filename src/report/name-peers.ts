/** A peer id (libp2p's base58 of an Ed25519 key) that stands alone as a word; in a path it stays what it is. */
const PEER_ID = /(?<=^|[ (,])12D3KooW[1-9A-HJ-NP-Za-km-z]{44}(?=[ ),:.;]|$)/g;

/** Words of the schedule, which knows peers by id, for people, who know them by name. */
export function namePeers(words: string, nameOf: (peer: string) => string): string {
  return words.replace(PEER_ID, nameOf);
}
