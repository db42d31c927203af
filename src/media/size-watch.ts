import type { PictureSize } from './source-video.ts';

/** A frame of a size that no frame before it had. */
export interface SizeChange extends PictureSize {
  readonly frame: number;
}

/** A damaged stream may claim another size with every frame; a user is told of no more than this many. */
const MOST_SIZES = 16;

/** Watches a source's frames for sizes other than the first. */
export class SizeWatch {
  /** The first frame's, then the others. */
  readonly #known: PictureSize[] = [];
  #untold: SizeChange[] = [];
  #otherCount = 0;

  /** Frames whose size is not the first. */
  get otherCount(): number {
    return this.#otherCount;
  }

  push(frame: number, { width, height }: PictureSize): void {
    const known = this.#known.findIndex((size) => size.width === width && size.height === height);
    if (known === 0) return;
    if (this.#known.length > 0) this.#otherCount++;
    if (known > 0 || this.#known.length === MOST_SIZES) return;
    if (this.#known.length > 0) this.#untold.push({ frame, width, height });
    this.#known.push({ width, height });
  }

  /** The changes since the last call. */
  take(): readonly SizeChange[] {
    const untold = this.#untold;
    this.#untold = [];
    return untold;
  }
}
