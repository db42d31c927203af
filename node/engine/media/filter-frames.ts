import { Frame } from 'node-av/lib';
import { chainKey, FilterChain } from './filter-chain.ts';
import { filterSteps, type PictureSettings } from './filter-steps.ts';

/**
 * Turns decoded frames into what the encoder gets: through the job's filters, in the encoder's format. As many frames
 * come out as go in, but a filter may hold some back until it has seen what follows.
 */
export class FrameFilter {
  readonly #settings: PictureSettings;
  readonly #output = new Frame();
  #chain: FilterChain | null = null;
  #frameCount = 0;

  constructor(settings: PictureSettings) {
    this.#settings = settings;
    this.#output.alloc();
  }

  /** Frames that are ready once this one is known. Each is lent until the next is asked for. */
  *push(frame: Frame): Generator<Frame, void, undefined> {
    if (this.#chain?.key !== chainKey(frame)) {
      yield* this.end();
      this.#chain = new FilterChain(frame, filterSteps(frame, this.#settings));
    }
    // Filters over time want times that rise.
    frame.pts = BigInt(this.#frameCount);
    this.#frameCount += 1;
    this.#chain.push(frame);
    yield* this.#ready(this.#chain);
  }

  /** Frames that were held back. */
  *end(): Generator<Frame, void, undefined> {
    const chain = this.#chain;
    if (chain === null) return;
    this.#chain = null;
    try {
      chain.push(null);
      yield* this.#ready(chain);
    } finally {
      chain.free();
    }
  }

  free(): void {
    this.#chain?.free();
    this.#chain = null;
    this.#output.free();
  }

  *#ready(chain: FilterChain): Generator<Frame, void, undefined> {
    for (;;) {
      this.#output.unref();
      if (!chain.pull(this.#output)) return;
      yield this.#output;
    }
  }
}
