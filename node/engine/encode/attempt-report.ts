import { FINGERPRINT_BYTES } from '../../../src/media/sketch.ts';
import { monotonicMs } from '../../clock.ts';
import type { EncodeMessage } from '../messages.ts';

/** Between messages of one kind: a few a second are enough to stop a wrong attempt early and to draw progress. */
const REPORT_INTERVAL_MS = 250;
/** Frames of the first batch: wrong frames mostly begin at the chunk's start, and are worth knowing at once. */
const FIRST_BATCH_FRAMES = 4;
/** Frames of any other batch at most, so that a message stays small. */
const MAX_BATCH_FRAMES = 512;

/** Tells the daemon how an attempt goes: fingerprints in batches, progress, each a few times a second. */
export class AttemptReport {
  readonly #send: (message: EncodeMessage) => Promise<void>;
  #waiting: Uint8Array[] = [];
  #toldFrames = 0;
  #toldMs = Number.NEGATIVE_INFINITY;
  #progressMs = monotonicMs();

  constructor(send: (message: EncodeMessage) => Promise<void>) {
    this.#send = send;
  }

  async decoded(fingerprint: Uint8Array): Promise<void> {
    this.#waiting.push(fingerprint);
    const isFirst = this.#toldFrames === 0;
    const isFull = this.#waiting.length >= (isFirst ? FIRST_BATCH_FRAMES : MAX_BATCH_FRAMES);
    if (isFull || (!isFirst && monotonicMs() - this.#toldMs >= REPORT_INTERVAL_MS)) await this.flush();
  }

  /** Tells the fingerprints that wait. */
  async flush(): Promise<void> {
    if (this.#waiting.length === 0) return;
    const fingerprints = new Uint8Array(this.#waiting.length * FINGERPRINT_BYTES);
    for (const [i, fingerprint] of this.#waiting.entries())
      fingerprints.set(fingerprint, i * FINGERPRINT_BYTES);
    const firstFrame = this.#toldFrames;
    this.#toldFrames += this.#waiting.length;
    this.#waiting = [];
    this.#toldMs = monotonicMs();
    await this.#send({ type: 'decoded', firstFrame, fingerprints });
  }

  async encoded(framesEncoded: number, bytes: number): Promise<void> {
    const now = monotonicMs();
    if (now - this.#progressMs < REPORT_INTERVAL_MS) return;
    this.#progressMs = now;
    await this.#send({ type: 'progress', framesEncoded, bytes });
  }
}
