import { Frame } from 'node-av/lib';
import { evenSize } from '../../../src/media/conversions.ts';
import { type Box, pictureInside } from '../../../src/picture/bars.ts';
import type { CropPlace } from '../../../src/picture/plan-filters.ts';
import { chainKey, FilterChain } from '../media/filter-chain.ts';
import { chooseVideoStream, openSource } from '../media/open-source.ts';
import { filmLooks } from './film-looks.ts';

/** Each frame by itself, to the exact column and row. */
const DETECTOR = [['cropdetect', 'round=1:skip=0:reset=1']] as const;

/** The part of the picture that is not black somewhere in the film. Null where that is all of it, or nothing certain. */
export async function findBars(path: string): Promise<CropPlace | null> {
  const format = await openSource(path);
  const detector = new BoxDetector();
  try {
    const stream = chooseVideoStream(format);
    if (stream === undefined) throw new Error(`${path} has no video stream.`);
    const { width, height } = stream.codecpar;
    const boxes: Box[] = [];
    for await (const frame of filmLooks(path, format, stream)) {
      if (frame.width === width && frame.height === height) boxes.push(detector.boxOf(frame));
    }
    return pictureInside(boxes, evenSize({ width, height }));
  } finally {
    detector.free();
    await format.closeInput();
  }
}

/** Asks FFmpeg's cropdetect where a frame is not black. */
class BoxDetector {
  readonly #detected = new Frame();
  #chain: FilterChain | null = null;

  constructor() {
    this.#detected.alloc();
  }

  boxOf(frame: Frame): Box {
    if (this.#chain?.key !== chainKey(frame)) {
      this.#chain?.free();
      this.#chain = null;
      this.#chain = new FilterChain(frame, DETECTOR);
    }
    this.#chain.push(frame);
    if (!this.#chain.pull(this.#detected)) throw new Error('FFmpeg looked at a frame and said nothing.');
    const metadata = this.#detected.getMetadata();
    const [left, top, right, bottom] = EDGES.map((edge) => Number(metadata.get(`lavfi.cropdetect.${edge}`)));
    this.#detected.unref();
    return { left, top, right, bottom } as Box;
  }

  free(): void {
    this.#chain?.free();
    this.#detected.free();
  }
}

const EDGES = ['x1', 'y1', 'x2', 'y2'] as const;
