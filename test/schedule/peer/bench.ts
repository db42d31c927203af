import type { PeerAction } from '../../../src/schedule/peer/actions.ts';
import { applyPeer } from '../../../src/schedule/peer/apply.ts';
import type { AttemptName, PeerEvent } from '../../../src/schedule/peer/events.ts';
import { planPeer } from '../../../src/schedule/peer/plan.ts';
import { createPeer, type PeerState } from '../../../src/schedule/peer/state.ts';
import type { CodingVariant } from '../../../src/zones/coding-variants.ts';
import { settingsOf } from '../../simulation/world.ts';

/** A peer whose leaders, transfers and encoders a test moves by hand. */
export class Bench {
  readonly state: PeerState;
  nowMs = 0;

  constructor(slots: number, memoryBudgetBytes = 1e12) {
    this.state = createPeer({ slots, memoryBudgetBytes });
  }

  apply(...events: PeerEvent[]): void {
    for (const event of events) applyPeer(this.state, event);
  }

  /** Plans until nothing is left to do now; gives what was done. */
  plan(): PeerAction[] {
    const done: PeerAction[] = [];
    for (let actions = this.#next(); actions.length > 0; actions = this.#next()) {
      done.push(...actions);
      for (const action of actions) this.apply(record(action, this.nowMs));
      if (done.length > 10_000) throw new Error('Planning does not settle.');
    }
    return done;
  }

  /** A leader joins with a job of this picture height; its room is told and its build measured. */
  lead(leader: string, height = 720, job = 'j', variants: readonly CodingVariant[] = []): void {
    const settings = settingsOf((height * 16) / 9, height);
    this.apply(
      { type: 'leader-joined', leader },
      { type: 'job-announced', leader, job, settings, variants, measure: null },
    );
    this.plan();
    this.apply({ type: 'build-told', leader, job });
    this.plan();
  }

  grant(leader: string, attempt: number, job = 'j', variant: number | null = null): AttemptName {
    const name = { leader, job, attempt };
    const { nowMs } = this;
    this.apply({ type: 'lease-granted', name, frameCount: 10, sliceBytes: 100, variant, nowMs });
    return name;
  }

  /** Everything that is being fetched has come. */
  fetchAll(): PeerAction[] {
    const done = this.plan();
    for (const { name, state } of [...this.state.attempts.values()]) {
      if (state === 'fetching') this.apply({ type: 'slice-fetched', name });
    }
    return [...done, ...this.plan()];
  }

  encode(name: AttemptName): PeerAction[] {
    this.apply({ type: 'encode-ended', name, nowMs: this.nowMs });
    return this.plan();
  }

  #next(): PeerAction[] {
    return planPeer(this.state, this.nowMs);
  }
}

/** Actions of one type, as `leader:attempt`. */
export function named(actions: readonly PeerAction[], type: PeerAction['type']): string[] {
  return actions.flatMap((action) =>
    action.type === type && 'name' in action ? [`${action.name.leader}:${action.name.attempt}`] : [],
  );
}

/** Leases that were refused, as `leader:attempt`. */
export function refused(actions: readonly PeerAction[]): string[] {
  return actions.flatMap((action) =>
    action.type === 'tell-refusal' && action.refusal.type === 'lease'
      ? [`${action.refusal.name.leader}:${action.refusal.name.attempt}`]
      : [],
  );
}

/** The last room told to each leader. */
export function roomTold(actions: readonly PeerAction[]): Record<string, number> {
  const room: Record<string, number> = {};
  for (const action of actions) if (action.type === 'tell-room') room[action.leader] = action.leases;
  return room;
}

function record(action: PeerAction, nowMs: number): PeerEvent {
  switch (action.type) {
    case 'tell-room':
      return { ...action, type: 'room-told' };
    case 'tell-refusal':
      return { type: 'refusal-told', refusal: action.refusal };
    case 'measure-build':
      return { ...action, type: 'build-measuring' };
    case 'fetch-slice':
      return { type: 'slice-fetching', name: action.name };
    case 'start-encode':
      return { type: 'encode-started', name: action.name, nowMs };
    case 'answer-steal':
      return { type: 'steal-answered', name: action.name };
    case 'discard-attempt':
    case 'return-lease':
      return { type: 'attempt-discarding', name: action.name };
  }
}
