import { type FrameRange, frameCount } from '../../../src/media/frame-range.ts';
import { FINGERPRINT_BYTES } from '../../../src/media/sketch.ts';
import { compareFingerprints } from '../../../src/proof/compare-fingerprints.ts';
import type { SliceDescription } from '../../slice/read-slice.ts';
import type { ScanFiles } from '../../storage/scan-files.ts';

/** What the maker of a result says of it; checked, never believed. */
export interface ResultClaim {
  readonly frameCount: number;
  readonly bytes: number;
  readonly sha256: string;
  readonly cpuSeconds: number;
}

/** How an attempt's frames are encoded. */
export interface AttemptCoding {
  /** What its chunk is to have, on the encoder's own scale; null: the job's. */
  readonly asked: number | null;
  /** What it is encoded at: another one where the encoder spoils a picture at that. */
  readonly quality: number | null;
  /** Of its zone's settings; null: the job's own. */
  readonly variant: number | null;
  /** Its peer is to score it. */
  readonly isScored: boolean;
}

/** A lease's attempt as its leader follows it. */
export class LiveAttempt {
  readonly chunk: number;
  readonly peer: string;
  readonly range: FrameRange;
  readonly slice: SliceDescription;
  readonly resultPath: string;
  readonly asked: AttemptCoding['asked'];
  readonly quality: AttemptCoding['quality'];
  readonly variant: AttemptCoding['variant'];
  readonly isScored: boolean;
  readonly stop = new AbortController();
  claim: ResultClaim | null = null;
  /** What its peer says of the frames from the chunk's start. */
  readonly scores: number[] = [];
  /** Of its slice, so far. */
  sentBytes = 0;
  /** Of the slice's bytes; null until they were all sent, by this leader or to the victim that they come from. */
  sliceSha256: string | null = null;
  /** Its peer was told to fetch the slice from a victim. */
  readonly isFromVictim: boolean;
  /** Frames from the chunk's start whose fingerprints were right. */
  #matchedCount = 0;
  #checks: Promise<void> = Promise.resolve();

  constructor(
    init: AttemptCoding & {
      readonly chunk: number;
      readonly peer: string;
      readonly range: FrameRange;
      readonly slice: SliceDescription;
      readonly resultPath: string;
      /** Of the slice that a victim has for this attempt. */
      readonly stolenSha256: string | null;
    },
  ) {
    this.chunk = init.chunk;
    this.peer = init.peer;
    this.range = init.range;
    this.slice = init.slice;
    this.resultPath = init.resultPath;
    this.asked = init.asked;
    this.quality = init.quality;
    this.variant = init.variant;
    this.isScored = init.isScored;
    this.sliceSha256 = init.stolenSha256;
    this.isFromVictim = init.stolenSha256 !== null;
  }

  /**
   * Compares fingerprints that the peer streamed with the scan's, in the order they came. Gives a sentence for the
   * first difference, null while all is well.
   */
  check(files: ScanFiles, firstFrame: number, fingerprints: Uint8Array): Promise<string | null> {
    const verdict = this.#checks.then(() => this.#compare(files, firstFrame, fingerprints));
    this.#checks = verdict.then(
      () => undefined,
      () => undefined,
    );
    return verdict;
  }

  /** Takes the scores of the next frames; a sentence when they are not those of the next ones. */
  takeScores(firstFrame: number, scores: readonly number[]): string | null {
    const total = frameCount(this.range);
    const end = firstFrame + scores.length;
    if (firstFrame !== this.scores.length || end > total) {
      return `scores of frames ${firstFrame} to ${end - 1} came where frame ${this.scores.length} of ${total} was expected`;
    }
    this.scores.push(...scores);
    return null;
  }

  /** True when every frame's fingerprint came and was right. */
  async isFullyMatched(): Promise<boolean> {
    await this.#checks;
    return this.#matchedCount === frameCount(this.range);
  }

  async #compare(files: ScanFiles, firstFrame: number, fingerprints: Uint8Array): Promise<string | null> {
    const count = fingerprints.length / FINGERPRINT_BYTES;
    const total = frameCount(this.range);
    // What was right is right when it comes twice.
    if (firstFrame + count <= this.#matchedCount) return null;
    if (firstFrame !== this.#matchedCount || firstFrame + count > total) {
      return `fingerprints of frames ${firstFrame} to ${firstFrame + count - 1} came where frame ${this.#matchedCount} of ${total} was expected`;
    }
    const start = this.range.startFrame + firstFrame;
    const expected = await files.frames(start, start + count);
    const wrong = compareFingerprints(
      expected.map((frame) => frame.fingerprint),
      fingerprints,
    );
    if (wrong !== null) return `frame ${start + wrong} decoded to another picture than the source's`;
    this.#matchedCount += count;
    return null;
  }
}
