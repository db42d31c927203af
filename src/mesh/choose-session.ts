import { DIAL_TIMEOUT_MS, HELLO_TIMEOUT_MS } from '../protocol/limits.ts';

/** The session with a peer that is in use when the same peer says hello on another connection. */
export interface SessionInUse {
  readonly instance: string;
  readonly ageMs: number;
  /** Its peer was heard of on it lately. */
  readonly isLively: boolean;
}

/**
 * Two ends may dial each other at the same moment, so two connections can come to life. The end with the lower peer
 * id decides, and answers hello only on the connection that it keeps; the other end follows.
 *
 * A session as young as a dial takes, and not silent, is the twin of the new connection: the first one is kept.
 * Otherwise the other end dialled again because it restarted or lost the old session: the new one is kept.
 */
export function keepsSessionInUse(inUse: SessionInUse, helloInstance: string): boolean {
  return (
    inUse.instance === helloInstance && inUse.ageMs < DIAL_TIMEOUT_MS + HELLO_TIMEOUT_MS && inUse.isLively
  );
}

/** The end that decides which of two connections is kept. */
export function decidesFor(ownId: string, peerId: string): boolean {
  return ownId < peerId;
}
