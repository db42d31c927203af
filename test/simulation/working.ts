import { FINGERPRINT_BYTES } from '../../src/media/sketch.ts';
import type { LeaderMessage, PeerMessage, StolenSlice } from '../../src/protocol/messages.ts';
import type { PeerAction } from '../../src/schedule/peer/actions.ts';
import { applyPeer } from '../../src/schedule/peer/apply.ts';
import type { AttemptName, PeerEvent } from '../../src/schedule/peer/events.ts';
import { planPeer } from '../../src/schedule/peer/plan.ts';
import {
  attemptKey,
  createPeer,
  isKeptFor,
  type PeerState,
  type Refusal,
  type StealRequest,
} from '../../src/schedule/peer/state.ts';
import type { EncodeSpan } from './invariants.ts';
import type { Disk } from './leading.ts';
import type { Station } from './network.ts';
import type { Result, Simulation, Slice } from './simulation.ts';
import type { HostFacts } from './world.ts';

const MOST_ROUNDS = 50;
/** An encoder gives its frames out in groups of so many, after it has looked ahead as far. */
const BURST_FRAMES = 16;

interface Encode {
  readonly name: AttemptName;
  readonly slice: Slice;
  readonly fate: 'well' | 'fails' | 'hangs' | 'lies' | 'kills';
  /** Share of the work at which the fate strikes. */
  readonly fateAt: number;
  done: number;
  framesTold: number;
  isStopped: boolean;
}

/** The daemon's loop around the peer's pure pair, with encoders that take virtual time. */
export class PeerShell {
  readonly state: PeerState;
  readonly #sim: Simulation;
  readonly #station: Station;
  readonly #facts: HostFacts;
  readonly #measured: Set<string>;
  readonly #slices = new Map<string, Slice>();
  readonly #stolen = new Map<string, StolenSlice>();
  readonly #results = new Map<string, Result>();
  readonly #encodes = new Map<string, Encode>();
  #isStopped = false;
  #isDraining = false;
  #isAwake = false;

  constructor(sim: Simulation, station: Station, facts: HostFacts, disk: Pick<Disk, 'measured'>) {
    this.#sim = sim;
    this.#measured = disk.measured;
    this.#station = station;
    this.#facts = facts;
    this.state = createPeer({ slots: facts.slots, memoryBudgetBytes: facts.memoryBudgetBytes });
  }

  stop(): void {
    this.#isStopped = true;
    for (const encode of this.#encodes.values()) this.#stopEncode(encode, 'lost');
  }

  drain(): void {
    this.#isDraining = true;
    this.#apply({ type: 'intake-changed', intake: 'closed', reason: 'It drains.' });
  }

  pause(isNow: boolean): void {
    const intake = isNow ? 'emptying' : 'closed';
    this.#apply({ type: 'intake-changed', intake, reason: 'It was told to pause.' });
  }

  resume(): void {
    const intake = this.#isDraining ? 'closed' : 'open';
    this.#apply({ type: 'intake-changed', intake, reason: 'It drains.' });
  }

  /** To so many slots and so much memory; of what it has begun the newest goes back if there is less than before. */
  resize(slots: number, budgetBytes: number): void {
    const isLess = budgetBytes < this.state.memoryBudgetBytes;
    this.#apply({ type: 'slots-changed', slots });
    this.#apply({ type: 'memory-changed', budgetBytes });
    if (isLess) this.#apply({ type: 'memory-short' });
  }

  join(leader: string): void {
    this.#apply({ type: 'leader-joined', leader });
  }

  away(leader: string): void {
    this.#apply({ type: 'leader-away', leader });
  }

  back(leader: string): void {
    this.#apply({ type: 'leader-back', leader });
  }

  leave(leader: string): void {
    this.#apply({ type: 'leader-left', leader });
  }

  receive(leader: string, message: LeaderMessage): void {
    this.#apply(this.#eventOf(leader, message));
  }

  stolenSlice(name: AttemptName, thief: string): Slice | null {
    if (!isKeptFor(this.state, name, thief)) return null;
    return this.#slices.get(attemptKey(name)) ?? null;
  }

  result(name: AttemptName): Result | null {
    return this.#results.get(attemptKey(name)) ?? null;
  }

  encodeCount(): number {
    return this.#encodes.size;
  }

  #eventOf(leader: string, message: LeaderMessage): PeerEvent {
    switch (message.type) {
      case 'job-announced':
      case 'job-ended':
        return { ...message, leader };
      case 'lease-granted': {
        const { job, attempt, frameCount, sliceBytes, variant } = message;
        const name = { leader, job, attempt };
        if (message.stolenSlice !== null) this.#stolen.set(attemptKey(name), message.stolenSlice);
        return { type: 'lease-granted', name, frameCount, sliceBytes, variant, nowMs: this.#now() };
      }
      case 'steal-asked':
        return {
          type: 'steal-asked',
          name: { leader, job: message.job, attempt: message.attempt },
          thief: message.thief,
        };
      case 'attempt-cancelled':
      case 'result-settled':
        return { type: message.type, name: { leader, job: message.job, attempt: message.attempt } };
    }
  }

  #apply(event: PeerEvent): void {
    if (this.#isStopped) return;
    this.#sim.trace.note(() => {
      const { settings: _, ...told } = { settings: null, ...event };
      return `${this.#now()} ${this.#station.id} works ${JSON.stringify(told)}`;
    });
    applyPeer(this.state, event);
    if (this.#isAwake) return;
    this.#isAwake = true;
    this.#after(0, () => this.#plan());
  }

  #plan(): void {
    this.#isAwake = false;
    for (let round = 0; ; round += 1) {
      const actions = planPeer(this.state, this.#now());
      if (actions.length === 0) break;
      if (round > MOST_ROUNDS) throw new Error(`Working does not settle: ${JSON.stringify(actions)}`);
      for (const action of actions) this.#perform(action);
    }
    this.#sim.witness.afterPeerPlan(this, this.#station);
  }

  #perform(action: PeerAction): void {
    switch (action.type) {
      case 'tell-room':
        this.#apply({ type: 'room-told', leader: action.leader, leases: action.leases });
        this.#send(action.leader, { type: 'room-offered', leases: action.leases });
        break;
      case 'tell-refusal':
        this.#refuse(action.refusal);
        break;
      case 'measure-build':
        this.#measure(action.leader, action.job);
        break;
      case 'fetch-slice':
        this.#fetch(action.name);
        break;
      case 'start-encode':
        this.#start(action.name);
        break;
      case 'answer-steal':
        this.#answerSteal(action.name, action.answer);
        break;
      case 'return-lease':
        this.#send(action.name.leader, {
          type: 'lease-returned',
          job: action.name.job,
          attempt: action.name.attempt,
          reason: action.reason,
        });
        this.#discard(action.name);
        break;
      case 'discard-attempt':
        this.#discard(action.name);
        break;
    }
  }

  #refuse(refusal: Refusal): void {
    this.#apply({ type: 'refusal-told', refusal });
    const { reason } = refusal;
    if (refusal.type === 'lease') {
      const { leader, job, attempt } = refusal.name;
      return this.#send(leader, { type: 'lease-returned', job, attempt, reason });
    }
    this.#send(refusal.leader, { type: 'build-unavailable', job: refusal.job, reason });
  }

  #measure(leader: string, job: string): void {
    this.#apply({ type: 'build-measuring', leader, job });
    const durationMs = this.#measured.has(`${leader} ${job}`) ? 1 : this.#sim.random.between(300, 1500);
    this.#after(durationMs, () => {
      this.#measured.add(`${leader} ${job}`);
      const { build } = this.#facts;
      if (build === null) {
        this.#send(leader, { type: 'build-unavailable', job, reason: 'There is no encoder.' });
      } else {
        this.#send(leader, {
          type: 'build-measured',
          job,
          digest: build,
          encoder: 'SVT-AV1',
          variantDigests:
            this.state.leaders
              .get(leader)
              ?.jobs.get(job)
              ?.variantBytes.map(() => build) ?? [],
          lacks: null,
        });
      }
      this.#apply({ type: 'build-told', leader, job });
    });
  }

  #answerSteal(name: AttemptName, answer: StealRequest['answer']): void {
    const { leader, job, attempt } = name;
    this.#apply({ type: 'steal-answered', name });
    if (answer === 'refused') return this.#send(leader, { type: 'steal-refused', job, attempt });
    this.#sim.witness.onYielded(this.#station, name);
    this.#send(leader, { type: 'lease-yielded', job, attempt, hasSlice: answer === 'yielded-with-slice' });
  }

  #fetch(name: AttemptName): void {
    this.#apply({ type: 'slice-fetching', name });
    const stolen = this.#stolen.get(attemptKey(name));
    if (stolen === undefined) return this.#fetchFrom(name.leader, name, () => this.#sliceOfLeader(name));
    const { peer, attempt } = stolen;
    const kept = () => this.#sim.stolenSliceAt(peer, { ...name, attempt }, this.#station.id);
    this.#fetchFrom(peer, name, kept, () =>
      this.#fetchFrom(name.leader, name, () => this.#sliceOfLeader(name)),
    );
  }

  #sliceOfLeader(name: AttemptName): Slice | null {
    return this.#sim.sliceAt(name.leader, name.job, name.attempt);
  }

  #fetchFrom(
    holder: string,
    name: AttemptName,
    read: () => Slice | null,
    otherwise: () => void = () => this.#fail(name, 'slice', 'The slice broke off.'),
  ): void {
    const bytes = this.state.attempts.get(attemptKey(name))?.sliceBytes ?? 0;
    const { id } = this.#station;
    const take = (slice: Slice | null) => {
      if (this.#isStopped || this.state.attempts.get(attemptKey(name))?.state !== 'fetching') return;
      if (this.#sim.isFull(id)) return this.#fail(name, 'slice', 'The disk is full.');
      if (slice === null) return otherwise();
      this.#sim.witness.onFetched(holder, name);
      this.#slices.set(attemptKey(name), slice);
      this.#apply({ type: 'slice-fetched', name });
    };
    this.#sim.network.transfer(holder, this.#station, bytes, (isWhole) => {
      const slice = isWhole ? read() : null;
      this.#sim.onTimer(id, () => take(slice));
    });
  }

  #start(name: AttemptName): void {
    const slice = this.#slices.get(attemptKey(name));
    if (slice === undefined) throw new Error('An encode was started without its slice.');
    this.#apply({ type: 'encode-started', name, nowMs: this.#now() });
    this.#send(name.leader, { type: 'attempt-started', job: name.job, attempt: name.attempt });
    const fate = this.#fateOf(slice);
    const encode: Encode = {
      name,
      slice,
      fate,
      fateAt: this.#sim.random.next(),
      done: 0,
      framesTold: 0,
      isStopped: false,
    };
    this.#encodes.set(attemptKey(name), encode);
    this.#sim.witness.onEncodeStarted(this.#station, name, slice);
    const right = slice.leadIn >= slice.chunk.neededLeadIn ? 1 : 0;
    this.#after(50, () => {
      if (encode.isStopped) return;
      const fingerprints = new Uint8Array(FINGERPRINT_BYTES).fill(right);
      const { job, attempt } = name;
      this.#send(name.leader, { type: 'frames-decoded', job, attempt, firstFrame: 0, fingerprints });
    });
    this.#step(encode);
  }

  #fateOf({ chunk }: Slice): Encode['fate'] {
    const { random } = this.#sim;
    const { failing, lying, hanging } = this.#facts;
    if (chunk.isDeadly) return this.#sim.isLeading(this.#station.id) ? 'fails' : 'kills';
    if (chunk.isPoison || random.chance(failing)) return 'fails';
    if (random.chance(hanging)) return 'hangs';
    return random.chance(lying) ? 'lies' : 'well';
  }

  #step(encode: Encode): void {
    const { name, slice, fate, fateAt } = encode;
    const speed = this.#facts.speed * this.#sim.slowness(this.#station.id);
    const end = fate === 'well' || fate === 'lies' ? slice.chunk.work : slice.chunk.work * fateAt;
    const toEndMs = (end - encode.done) / speed;
    const stepMs = Math.min(this.#sim.progressMs, toEndMs);
    this.#after(stepMs, () => {
      if (encode.isStopped) return;
      encode.done = stepMs < toEndMs ? encode.done + stepMs * speed : end;
      if (encode.done < end) {
        this.#tellProgress(encode);
        this.#step(encode);
        return;
      }
      if (this.#sim.isFull(this.#station.id)) this.#fail(name, 'encoder', 'The disk is full.');
      else if (fate === 'fails') this.#fail(name, 'encoder', 'Svt[error]: it failed.');
      else if (fate === 'kills') this.#sim.kill(this.#station.id);
      else if (fate !== 'hangs') this.#finish(encode);
    });
  }

  #tellProgress(encode: Encode): void {
    const { name, slice, done } = encode;
    const { startFrame, endFrame, work, resultBytes } = slice.chunk;
    const framesDecoded = ((endFrame - startFrame) * done) / work;
    const framesEncoded = Math.floor(framesDecoded / BURST_FRAMES - 1) * BURST_FRAMES;
    if (framesEncoded <= encode.framesTold) return;
    encode.framesTold = framesEncoded;
    const bytes = Math.floor((resultBytes * done) / work);
    this.#send(name.leader, {
      type: 'attempt-progress',
      job: name.job,
      attempt: name.attempt,
      framesEncoded,
      bytes,
    });
  }

  #finish(encode: Encode): void {
    const { name, slice, fate } = encode;
    this.#stopEncode(encode, 'encoded');
    const isGood = fate === 'well' && slice.leadIn >= slice.chunk.neededLeadIn;
    this.#results.set(attemptKey(name), { chunk: slice.chunk, isGood });
    this.#apply({ type: 'encode-ended', name, nowMs: this.#now() });
    this.#send(name.leader, {
      type: 'attempt-encoded',
      job: name.job,
      attempt: name.attempt,
      frameCount: slice.chunk.endFrame - slice.chunk.startFrame,
      bytes: slice.chunk.resultBytes,
      sha256: '',
      cpuSeconds: 0,
    });
  }

  #fail(name: AttemptName, cause: 'encoder' | 'slice', words: string): void {
    this.#apply({ type: 'attempt-failed', name });
    const { job, attempt } = name;
    this.#send(name.leader, { type: 'attempt-failed', job, attempt, cause, words });
  }

  #discard(name: AttemptName): void {
    this.#apply({ type: 'attempt-discarding', name });
    const encode = this.#encodes.get(attemptKey(name));
    // A killed child needs a moment to be gone; no further message about it is sent.
    this.#after(encode === undefined ? 1 : 200, () => {
      if (encode !== undefined) this.#stopEncode(encode, 'stopped');
      this.#slices.delete(attemptKey(name));
      this.#stolen.delete(attemptKey(name));
      this.#results.delete(attemptKey(name));
      this.#apply({ type: 'attempt-discarded', name, nowMs: this.#now() });
    });
    if (encode !== undefined) encode.isStopped = true;
  }

  #stopEncode(encode: Encode, end: EncodeSpan['end']): void {
    encode.isStopped = true;
    if (this.#encodes.delete(attemptKey(encode.name))) {
      this.#sim.witness.onEncodeStopped(this.#station, encode.name, encode.slice, {
        workDone: encode.done,
        end,
      });
    }
  }

  #send(leader: string, message: PeerMessage): void {
    const { id } = this.#station;
    if ('attempt' in message && leader !== id && this.#sim.isMute(id)) return;
    this.#sim.witness.onSent(message);
    this.#sim.network.send(this.#station, leader, message);
  }

  #after(delayMs: number, run: () => void): void {
    this.#sim.clock.after(delayMs, () => {
      if (!this.#isStopped) this.#sim.onTimer(this.#station.id, run);
    });
  }

  #now(): number {
    return this.#sim.clock.nowMs();
  }
}
