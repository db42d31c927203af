import { isProgram } from '../../../src/encoder/encoder-definition.ts';
import { encoderOf } from '../../../src/encoder/encoders.ts';
import type { EncodeSettings } from '../../../src/encoder/settings.ts';
import { type BuildDigests, jobDigest } from '../build-digests.ts';
import type { RunTies } from './run-ties.ts';

/** What every encoder of a job's file must write (invariant 8), once it is known. */
export class JobBuild {
  /** Resolves when it is known, or when the run is over. */
  readonly known: Promise<BuildDigests>;
  readonly #settings: EncodeSettings;
  readonly #ties: RunTies;
  readonly #onNote: (sentence: string) => void;
  #resolve: (digests: BuildDigests) => void = () => undefined;
  #isKnown = false;
  /** It has not got the program that the job asks for. */
  #isWithoutEncoder = false;
  /** Of the first other machine that told it. */
  #others: BuildDigests | null = null;

  constructor(settings: EncodeSettings, ties: RunTies, onNote: (sentence: string) => void) {
    this.#settings = settings;
    this.#ties = ties;
    this.#onNote = onNote;
    this.known = new Promise((resolve) => {
      this.#resolve = resolve;
    });
  }

  /**
   * What this machine's own encoder writes, where it has that encoder.
   *
   * @param build `lacks`: why this machine itself cannot score as the job asks for, or null: others may.
   */
  set(build: BuildDigests & { readonly lacks: string | null }): void {
    const { lacks } = build;
    if (lacks !== null) this.#onNote(`This machine leaves the encoding to others. ${lacks}`);
    this.#isKnown = true;
    this.#resolve(build);
    this.#ties.record({ type: 'job-build-known', job: this.#ties.job, digest: jobDigest(build) });
  }

  /**
   * This machine's encoder does not do what the job asks for. Nobody's does, where it is one that all machines have; a
   * program may be elsewhere, and the first peer that has it is the measure for the others.
   */
  fail(reason: string): void {
    if (!isProgram(encoderOf(this.#settings.encoder).engine)) return this.#ties.giveUp(new Error(reason));
    this.#isWithoutEncoder = true;
    this.#onNote(`This machine leaves the encoding to others. ${reason}`);
    this.#takeOthers();
  }

  /** Another machine told its build. */
  noteOther(build: BuildDigests): void {
    this.#others ??= build;
    this.#takeOthers();
  }

  /** A scan that waits for it would keep its turn, and every later job would wait for that. */
  close(): void {
    this.#resolve({ digest: '', variantDigests: [] });
  }

  #takeOthers(): void {
    if (!this.#isWithoutEncoder || this.#others === null || this.#isKnown) return;
    this.set({ ...this.#others, lacks: null });
  }
}
