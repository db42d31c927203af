import type { AttemptName } from './events.ts';
import type { Refusal, StealRequest } from './state.ts';

/**
 * What a peer should do now. The daemon begins to perform an action by applying the event that records it:
 *
 * | action | event |
 * |---|---|
 * | tell-room | room-told |
 * | tell-refusal | refusal-told |
 * | measure-build | build-measuring |
 * | fetch-slice | slice-fetching |
 * | start-encode | encode-started |
 * | answer-steal | steal-answered |
 * | discard-attempt, return-lease | attempt-discarding, then attempt-discarded once child and files are gone |
 */
export type PeerAction =
  | { readonly type: 'tell-room'; readonly leader: string; readonly leases: number }
  /** Tell the leader that a lease comes back unharmed, or that this peer is of no use to a job. */
  | { readonly type: 'tell-refusal'; readonly refusal: Refusal }
  | { readonly type: 'measure-build'; readonly leader: string; readonly job: string }
  | { readonly type: 'fetch-slice'; readonly name: AttemptName }
  | { readonly type: 'start-encode'; readonly name: AttemptName }
  /** Tell the leader whether this lease is given up for another peer. */
  | { readonly type: 'answer-steal'; readonly name: AttemptName; readonly answer: StealRequest['answer'] }
  /** Stop its child or its transfer if it has one, delete its files. */
  | { readonly type: 'discard-attempt'; readonly name: AttemptName }
  /** Tell the leader that this lease comes back unharmed, then discard. */
  | { readonly type: 'return-lease'; readonly name: AttemptName; readonly reason: string };
