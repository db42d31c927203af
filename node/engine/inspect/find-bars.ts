import { stat } from 'node:fs/promises';
import { AV_TIME_BASE } from 'node-av/constants';
import { Frame } from 'node-av/lib';
import { evenSize } from '../../../src/media/conversions.ts';
import { type Box, pictureInside } from '../../../src/picture/bars.ts';
import type { CropPlace } from '../../../src/picture/plan-filters.ts';
import { FileFrames } from '../media/file-frames.ts';
import { chainKey, FilterChain } from '../media/filter-chain.ts';
import { chooseVideoStream, openSource } from '../media/open-source.ts';
import { spreadLooks } from './spread-looks.ts';

/** Spread over the film; what is black in all of them is black. A look takes 0.1 s in 1080p. */
const PLACES = 40;

/** A shorter film has few keyframes, and a whole decode of it takes seconds: every so many frames of it are looked at. */
const SHORT_SECONDS = 60;
const FRAMES_A_LOOK = 12;

/** A film with fewer keyframes at all those places is decoded as a whole, too: a title on black may be one of them. */
const LEAST_KEYFRAMES = 8;

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
    const seconds = Number(format.duration) / AV_TIME_BASE;
    const boxesOf = async (looks: AsyncIterable<Frame>): Promise<Box[]> => {
      const boxes: Box[] = [];
      for await (const frame of looks) {
        if (frame.width === width && frame.height === height) boxes.push(detector.boxOf(frame));
      }
      return boxes;
    };
    const atKeyframes =
      seconds > SHORT_SECONDS
        ? await boxesOf(spreadLooks(format, stream, (await stat(path)).size, PLACES))
        : [];
    const boxes =
      atKeyframes.length < LEAST_KEYFRAMES ? await boxesOf(framesApart(path, FRAMES_A_LOOK)) : atKeyframes;
    return pictureInside(boxes, evenSize({ width, height }));
  } finally {
    detector.free();
    await format.closeInput();
  }
}

/** Every so many frames of a file. */
async function* framesApart(path: string, distance: number): AsyncGenerator<Frame, void, undefined> {
  const frames = await FileFrames.open(path);
  try {
    for (let next = frames.next(), count = 0; next !== null; next = frames.next(), count += 1) {
      if (count % distance === 0) yield next.frame;
    }
  } finally {
    await frames.close();
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
