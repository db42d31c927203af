import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { BulkRequest, LeaderMessage, PeerMessage, StolenSlice } from '../../../src/protocol/messages.ts';
import { clipWords } from '../../../src/protocol/words.ts';
import type { LeaderAction } from '../../../src/schedule/leader/actions.ts';
import { monotonicMs } from '../../clock.ts';
import type { BulkAnswer, Mesh } from '../../mesh/mesh.ts';
import { sentenceOf } from '../../sentence.ts';
import { describeSlice, type SliceDescription, streamSlice } from '../../slice/read-slice.ts';
import type { JobScan } from '../job-scan.ts';
import { type AttemptCoding, LiveAttempt } from './live-attempt.ts';
import type { OfferedChunks } from './offered-chunks.ts';
import type { RunTies } from './run-ties.ts';
import type { SpoiledCrfs } from './spoiled-crfs.ts';

export interface LeasesOptions {
  readonly mesh: Mesh;
  readonly scan: JobScan;
  readonly offered: OfferedChunks;
  readonly spoiled: SpoiledCrfs;
  readonly sourcePath: string;
  /** Folder for results on their way from a peer to the store. */
  readonly workDirectory: string;
}

type ActionOf<Type extends LeaderAction['type']> = Extract<LeaderAction, { type: Type }>;

/** The leases that a job has given, each with its attempt: grants them, serves their slices, hears their peers. */
export class Leases {
  readonly #options: LeasesOptions;
  readonly #ties: RunTies;
  readonly #attempts = new Map<number, LiveAttempt>();
  /** Leases whose slices are being described; their peers have not heard of them. */
  readonly #granting = new Set<number>();
  attemptCount = 0;
  slicedPacketCount = 0;
  readonly sliceBytes = { fromLeader: 0, direct: 0 };
  directSliceCount = 0;
  /** When a first frame was given to an encoder here and on another machine; null until then. */
  readonly firstFrameMs: { own: number | null; remote: number | null } = { own: null, remote: null };

  constructor(options: LeasesOptions, ties: RunTies) {
    this.#options = options;
    this.#ties = ties;
  }

  /** Undefined: it is over, or its peer has not heard of it. */
  attempt(number: number): LiveAttempt | undefined {
    return this.#attempts.get(number);
  }

  async grant(action: ActionOf<'grant-lease'>): Promise<void> {
    const { job, chunk, trial, attempt, peer, leadIn } = action;
    const { scan, offered } = this.#options;
    this.#ties.record({
      type: 'lease-granted',
      ...{ job, chunk, trial, attempt, peer, leadIn },
      nowMs: monotonicMs(),
    });
    this.attemptCount += 1;
    this.#granting.add(attempt);
    // Now: when the slice is described, the chunk may be settled.
    const coding = this.#codingOf(chunk, trial);
    const { files, codec, keyframes } = scan.reading;
    const slice = await describeSlice(files, codec, keyframes, offered.of(chunk), leadIn);
    // Cancelled meanwhile, or its peer left: nobody waits for this lease any more.
    if (!this.#granting.delete(attempt) || this.#ties.isOver) return;
    this.slicedPacketCount += slice.packets.length;
    const stolen = this.#stolenSlice(action);
    await this.#send(action, this.#begin(action, coding, slice, stolen), stolen);
  }

  /** How a chunk's next attempt is encoded. */
  #codingOf(chunk: number, trial: number): AttemptCoding {
    const range = this.#options.offered.of(chunk);
    const { search, coding } = range;
    const asked = search === null ? coding.crf : search.trialOf(chunk, trial);
    return {
      asked,
      quality: this.#options.spoiled.taken(range, asked),
      variant: search?.variantOf?.(chunk, trial) ?? coding.variant,
      isScored: search !== null && search.measure !== null,
    };
  }

  #begin(
    { job, chunk, attempt, peer }: ActionOf<'grant-lease'>,
    coding: AttemptCoding,
    slice: SliceDescription,
    stolen: StolenSlice | null,
  ): LiveAttempt {
    const range = this.#options.offered.of(chunk);
    const resultPath = join(this.#options.workDirectory, `${job}-${attempt}.result`);
    const stolenSha256 = stolen?.sha256 ?? null;
    const live = new LiveAttempt({ ...coding, chunk, peer, range, slice, resultPath, stolenSha256 });
    this.#attempts.set(attempt, live);
    return live;
  }

  async #send(
    action: ActionOf<'grant-lease'>,
    live: LiveAttempt,
    stolenSlice: StolenSlice | null,
  ): Promise<void> {
    const { job, chunk, attempt, peer } = action;
    const { slice, quality, variant, isScored } = live;
    const { frameCount, bytes: sliceBytes } = slice;
    const lease = { job, chunk, attempt, frameCount, sliceBytes, quality, variant, isScored, stolenSlice };
    await this.#options.mesh.send(peer, { type: 'lease-granted', ...lease }).catch((error) => {
      this.#ties.fail(attempt, 'peer', sentenceOf(error));
    });
  }

  /** A victim's slice counts only by the digest of what this leader sent. */
  #stolenSlice({ stolenFrom }: ActionOf<'grant-lease'>): StolenSlice | null {
    const sha256 = this.#attempts.get(stolenFrom?.attempt ?? -1)?.sliceSha256 ?? null;
    return stolenFrom === null || sha256 === null ? null : { ...stolenFrom, sha256 };
  }

  askSteal({ attempt, peer, thief }: ActionOf<'ask-steal'>): void {
    const { job } = this.#ties;
    this.#ties.record({ type: 'steal-asked', job, attempt, thief, nowMs: monotonicMs() });
    // The victim has not heard of this lease yet, so it has not begun it.
    if (this.#granting.delete(attempt)) return this.#noteYielded(attempt, false);
    this.#tell(peer, { type: 'steal-asked', job, attempt, thief });
  }

  cancel({ attempt, peer, reason }: ActionOf<'cancel-attempt'>): void {
    const { job } = this.#ties;
    this.#ties.record({ type: 'attempt-cancelled', job, attempt });
    this.#forget(attempt);
    this.#tell(peer, { type: 'attempt-cancelled', job, attempt, reason: clipWords(reason) });
  }

  settle({ attempt, peer, accepted }: ActionOf<'settle-result'>): void {
    const { job } = this.#ties;
    this.#ties.record({ type: 'result-settled', job, attempt });
    this.#forget(attempt);
    this.#tell(peer, { type: 'result-settled', job, attempt, accepted });
  }

  /** What a peer says of one of this job's attempts. Words about attempts that are over are ignored. */
  onMessage(peer: string, message: Extract<PeerMessage, { readonly attempt: number }>): void {
    const attempt = this.#attempts.get(message.attempt);
    if (attempt === undefined || attempt.peer !== peer) return;
    const { job } = this.#ties;
    const name = { job, attempt: message.attempt, nowMs: monotonicMs() };
    switch (message.type) {
      case 'attempt-started':
        return this.#noteStarted(attempt, name);
      case 'attempt-progress':
        return this.#ties.record({ type: 'attempt-progress', ...name, framesEncoded: message.framesEncoded });
      case 'frames-decoded':
        return this.#ties.begin(this.#checkFrames(attempt, message));
      case 'frames-scored': {
        const wrong = attempt.takeScores(message.firstFrame, message.scores);
        if (wrong !== null) this.#ties.fail(message.attempt, 'peer', wrong);
        return;
      }
      case 'attempt-encoded':
        attempt.claim = message;
        return this.#ties.record({ type: 'attempt-encoded', ...name, bytes: message.bytes });
      case 'attempt-failed':
        return this.#ties.fail(message.attempt, message.cause, message.words);
      case 'lease-yielded':
        return this.#noteYielded(message.attempt, message.hasSlice);
      case 'steal-refused':
        return this.#ties.record(message);
      case 'lease-returned': {
        const { reason } = message;
        this.#ties.record({ type: 'lease-returned', job, attempt: message.attempt, reason });
        return this.#forget(message.attempt);
      }
    }
  }

  /** Serves the slice of a live attempt to the peer that holds its lease. */
  serveSlice(peer: string, request: BulkRequest): BulkAnswer {
    const attempt = this.#attempts.get(request.attempt);
    if (attempt === undefined || attempt.peer !== peer) {
      return { refused: `attempt ${request.attempt} of job ${this.#ties.job} is not leased to this peer` };
    }
    const source = streamSlice(attempt.slice, this.#options.scan.reading.files, this.#options.sourcePath);
    const onSent = (sha256: string): void => {
      attempt.sliceSha256 = sha256;
    };
    return { bytes: attempt.slice.bytes, source: this.#watched(source, attempt), onSent };
  }

  /** Forgets the attempts that the schedule dropped without a word, as those of a peer that left. */
  forgetUnless(isKnown: (attempt: number) => boolean): void {
    for (const number of [...this.#attempts.keys(), ...this.#granting]) {
      if (!isKnown(number)) this.#forget(number);
    }
  }

  forgetAll(): void {
    for (const number of [...this.#attempts.keys()]) this.#forget(number);
  }

  #noteStarted(
    attempt: LiveAttempt,
    name: { readonly job: string; readonly attempt: number; readonly nowMs: number },
  ): void {
    if (attempt.isFromVictim && attempt.sentBytes === 0) {
      this.sliceBytes.direct += attempt.slice.bytes;
      this.directSliceCount += 1;
    }
    this.firstFrameMs[attempt.peer === this.#options.mesh.id ? 'own' : 'remote'] ??= name.nowMs;
    this.#ties.record({ type: 'attempt-started', ...name });
  }

  #noteYielded(attempt: number, hasSlice: boolean): void {
    this.#ties.record({ type: 'lease-yielded', job: this.#ties.job, attempt, hasSlice });
  }

  async #checkFrames(
    attempt: LiveAttempt,
    told: Extract<PeerMessage, { type: 'frames-decoded' }>,
  ): Promise<void> {
    const wrong = await attempt.check(this.#options.scan.reading.files, told.firstFrame, told.fingerprints);
    if (wrong !== null) this.#ties.fail(told.attempt, 'frames', wrong);
  }

  /** A message to a peer that is gone is lost on purpose: `peer-left` puts everything right. */
  #tell(peer: string, message: LeaderMessage): void {
    this.#options.mesh.send(peer, message).catch(() => undefined);
  }

  #forget(number: number): void {
    this.#granting.delete(number);
    const attempt = this.#attempts.get(number);
    if (attempt === undefined) return;
    this.#attempts.delete(number);
    attempt.stop.abort(new Error('the attempt is over'));
    // What cannot be deleted now is swept when the daemon ends or starts.
    rm(attempt.resultPath, { force: true }).catch(() => undefined);
  }

  /** A slice that cannot be read is the source's fault, not the peer's: it stops the job. */
  async *#watched(source: AsyncIterable<Uint8Array>, attempt: LiveAttempt): AsyncGenerator<Uint8Array> {
    try {
      for await (const piece of source) {
        attempt.sentBytes += piece.byteLength;
        if (attempt.peer !== this.#options.mesh.id) this.sliceBytes.fromLeader += piece.byteLength;
        yield piece;
      }
    } catch (error) {
      this.#ties.giveUp(error);
      throw error;
    }
  }
}
