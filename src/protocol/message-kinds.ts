import type { LeaderMessage, Message, PeerMessage } from './messages.ts';

/** The types are keys of a record so that the compiler finds a forgotten one. */
const LEADER_TYPES: Record<LeaderMessage['type'], true> = {
  'job-announced': true,
  'lease-granted': true,
  'steal-asked': true,
  'attempt-cancelled': true,
  'result-settled': true,
  'job-ended': true,
};

const PEER_TYPES: Record<PeerMessage['type'], true> = {
  'room-offered': true,
  'build-measured': true,
  'build-unavailable': true,
  'attempt-started': true,
  'frames-decoded': true,
  'attempt-progress': true,
  'frames-scored': true,
  'attempt-encoded': true,
  'attempt-failed': true,
  'lease-yielded': true,
  'steal-refused': true,
  'lease-returned': true,
};

/** Whether a leader says this to a peer. */
export function isLeaderMessage(message: Message): message is LeaderMessage {
  return message.type in LEADER_TYPES;
}

/** Whether a peer says this to a leader. */
export function isPeerMessage(message: Message): message is PeerMessage {
  return message.type in PEER_TYPES;
}
