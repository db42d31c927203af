import { hash } from 'node:crypto';
import type { AVPixelFormat } from 'node-av/constants';
import { avGetPixFmtName, type Frame } from 'node-av/lib';
import { readPixelFormat, type YuvLayout } from '../../../src/media/pixel-format.ts';
import {
  averageBoxes,
  chromaStep,
  FINGERPRINT_BYTES,
  gridStep,
  PICTURE_BYTES,
  PICTURE_CHROMA_HEIGHT,
  PICTURE_CHROMA_WIDTH,
  PICTURE_LUMA_HEIGHT,
  PICTURE_LUMA_WIDTH,
  type SampleGrid,
  sampleGrid,
} from '../../../src/media/sketch.ts';
import { type EncoderPicture, type FrameConverter, toEncoderFormat } from './to-encoder-format.ts';

/** What is kept of a decoded frame. */
export interface FrameSketch {
  /** FINGERPRINT_BYTES over the exact samples: equal frames, and practically only those, have equal ones. */
  readonly fingerprint: Uint8Array;
  /** PICTURE_BYTES: the frame made small, 8 bits a sample. */
  readonly picture: Uint8Array;
  /** Luma samples on a grid, 8 bits each, row by row, for finding cuts. Valid until the next call. */
  readonly luma: Uint8Array;
  readonly lumaColumns: number;
}

/**
 * Sketches frames of one stream. Pixels are picked, never scaled, so no CPU's arithmetic decides what a fingerprint
 * is; formats that are not planes of Y, U and V are fingerprinted whole and converted for the small picture only.
 */
export class FrameSketcher {
  readonly #picture: EncoderPicture;
  readonly #view: FrameConverter | null;
  #converter: FrameConverter | null = null;
  #direct: Sampler | null = null;
  #converted: Sampler | null = null;
  #viewed: Sampler | null = null;

  /**
   * @param picture what frames are converted to where they cannot be read directly.
   * @param view makes of a frame what its small picture is to show, where that is not the frame itself. Freed with this.
   */
  constructor(picture: EncoderPicture, view: FrameConverter | null = null) {
    this.#picture = picture;
    this.#view = view;
  }

  sketch(frame: Frame): FrameSketch {
    const sketch = this.#sketchAsDecoded(frame);
    if (this.#view === null) return sketch;
    const view = this.#view.convert(frame);
    this.#viewed = samplerFor(this.#viewed, view);
    if (!this.#viewed.read(view))
      throw new Error('The picture behind the filters cannot be read as it lies.');
    return { ...sketch, picture: this.#viewed.draw().picture };
  }

  #sketchAsDecoded(frame: Frame): FrameSketch {
    this.#direct = samplerFor(this.#direct, frame);
    if (this.#direct.read(frame)) return { fingerprint: this.#direct.fingerprint(), ...this.#direct.draw() };
    this.#converter ??= toEncoderFormat(this.#picture);
    const converted = this.#converter.convert(frame);
    this.#converted = samplerFor(this.#converted, converted);
    this.#converted.read(converted);
    return { fingerprint: this.#direct.fingerprintWhole(frame), ...this.#converted.draw() };
  }

  /** The sketch's fingerprint alone. */
  fingerprint(frame: Frame): Uint8Array {
    this.#direct = samplerFor(this.#direct, frame);
    return this.#direct.read(frame) ? this.#direct.fingerprint() : this.#direct.fingerprintWhole(frame);
  }

  free(): void {
    this.#converter?.free();
    this.#converter = null;
    this.#view?.free();
  }
}

/** Reuses the last frame's sampler while size and format stay. */
function samplerFor(known: Sampler | null, frame: Frame): Sampler {
  const { width, height } = frame;
  const format = frame.format as AVPixelFormat;
  if (known?.width === width && known.height === height && known.format === format) return known;
  return new Sampler(width, height, format);
}

interface PlaneSamples {
  readonly grid: SampleGrid;
  readonly pixelBytes: number;
  /** Where the plane's samples start in the sampled bytes. */
  readonly start: number;
  /** Part of the grid that lies in the even crop of the picture. */
  readonly drawnColumns: number;
  readonly drawnRows: number;
}

/** Picks the samples of frames of one size and format. Holds one frame's samples at a time. */
class Sampler {
  readonly width: number;
  readonly height: number;
  readonly format: AVPixelFormat;
  readonly #layout: YuvLayout | null;
  readonly #planes: readonly PlaneSamples[];
  readonly #header: Uint8Array;
  /** The header and the samples behind it: what is fingerprinted. */
  readonly #samples: Uint8Array;
  /** Room for the components' grids where the samples are not such grids already. */
  readonly #grids: readonly Uint8Array[];

  constructor(width: number, height: number, format: AVPixelFormat) {
    this.width = width;
    this.height = height;
    this.format = format;
    const name = avGetPixFmtName(format) ?? String(format);
    this.#layout = readPixelFormat(name).layout;
    this.#header = Buffer.from(`${name} ${width}x${height}\n`);
    this.#planes = this.#layout === null ? [] : planesOf(this.#layout, width, height, this.#header.length);
    const last = this.#planes.at(-1);
    this.#samples = new Uint8Array(last === undefined ? this.#header.length : endOf(last));
    this.#samples.set(this.#header);
    this.#grids =
      this.#layout?.components.map(({ plane }) => {
        const { grid } = this.#planes[plane] as PlaneSamples;
        return new Uint8Array(grid.columns * grid.rows);
      }) ?? [];
  }

  /** Picks the frame's samples; false where the frame's memory cannot be sampled. */
  read(frame: Frame): boolean {
    if (this.#layout === null) return false;
    // Each access builds new objects over native memory: ask once.
    const data = frame.data;
    const lineSizes = frame.linesize;
    if (data === null || data.length < this.#planes.length) return false;
    for (let i = 0; i < this.#planes.length; i++) {
      const plane = this.#planes[i] as PlaneSamples;
      const lineSize = lineSizes[i] as number;
      // Negative: stored bottom up, and node-av's view then starts at the last line.
      if (lineSize <= 0) return false;
      pick(data[i] as Uint8Array, lineSize, plane, this.#samples);
    }
    return true;
  }

  fingerprint(): Uint8Array {
    return digest(this.#samples);
  }

  /** Fingerprint over all bytes of a frame whose format is not sampled. */
  fingerprintWhole(frame: Frame): Uint8Array {
    return digest(Buffer.concat([this.#header, frame.toBuffer()]));
  }

  draw(): Pick<FrameSketch, 'picture' | 'luma' | 'lumaColumns'> {
    const picture = new Uint8Array(PICTURE_BYTES);
    let offset = 0;
    for (let component = 0; component < 3; component++) {
      const boxes = component === 0 ? LUMA_BOXES : CHROMA_BOXES;
      const size = boxes[0] * boxes[1];
      const { grid, drawnColumns, drawnRows } = this.#planeOf(component);
      averageBoxes(
        this.#gridOf(component),
        grid.columns,
        [drawnColumns, drawnRows],
        picture.subarray(offset, offset + size),
        boxes,
      );
      offset += size;
    }
    return { picture, luma: this.#gridOf(0), lumaColumns: this.#planeOf(0).grid.columns };
  }

  #planeOf(component: number): PlaneSamples {
    return this.#planes[this.#layout?.components[component]?.plane ?? 0] as PlaneSamples;
  }

  /** The component's samples as 8-bit values: the sampled bytes themselves where they are that already. */
  #gridOf(component: number): Uint8Array {
    const layout = this.#layout as YuvLayout;
    const { grid, pixelBytes, start } = this.#planeOf(component);
    const count = grid.columns * grid.rows;
    if (pixelBytes === 1) return this.#samples.subarray(start, start + count);
    const target = this.#grids[component] as Uint8Array;
    const first = start + (layout.components[component]?.offset ?? 0);
    for (let i = 0, at = first; i < count; i++, at += pixelBytes) {
      const low = this.#samples[at] as number;
      target[i] =
        layout.sampleBytes === 1 ? low : (low | ((this.#samples[at + 1] as number) << 8)) >> layout.shiftTo8;
    }
    return target;
  }
}

const LUMA_BOXES = [PICTURE_LUMA_WIDTH, PICTURE_LUMA_HEIGHT] as const;
const CHROMA_BOXES = [PICTURE_CHROMA_WIDTH, PICTURE_CHROMA_HEIGHT] as const;

function planesOf(layout: YuvLayout, width: number, height: number, start: number): PlaneSamples[] {
  const step = gridStep(width);
  const planes: PlaneSamples[] = [];
  let offset = start;
  for (const [index, { shiftX, shiftY, pixelBytes }] of layout.planes.entries()) {
    const stepX = index === 0 ? step : chromaStep(step, shiftX);
    const stepY = index === 0 ? step : chromaStep(step, shiftY);
    const grid = sampleGrid(shared(width, shiftX), shared(height, shiftY), stepX, stepY);
    const plane = {
      grid,
      pixelBytes,
      start: offset,
      drawnColumns: Math.ceil(shared(evenCrop(width), shiftX) / stepX),
      drawnRows: Math.ceil(shared(evenCrop(height), shiftY) / stepY),
    };
    planes.push(plane);
    offset = endOf(plane);
  }
  return planes;
}

/** Samples of a plane that shares them between 2^shift pixels. */
function shared(length: number, shift: number): number {
  return -(-length >> shift);
}

function evenCrop(length: number): number {
  return Math.max(1, length - (length % 2));
}

function endOf(plane: PlaneSamples): number {
  return plane.start + plane.grid.columns * plane.grid.rows * plane.pixelBytes;
}

function pick(data: Uint8Array, lineSize: number, plane: PlaneSamples, target: Uint8Array): void {
  const { columns, ys, firstX, stepX, lastX } = plane.grid;
  const { pixelBytes } = plane;
  let at = plane.start;
  for (let row = 0; row < ys.length; row++) {
    const line = (ys[row] as number) * lineSize;
    const from = line + firstX * pixelBytes;
    const end = at + (columns - 1) * pixelBytes;
    // 49,000 samples of a 1080p frame: the plain loops are four times as fast as one for all widths.
    if (pixelBytes === 1) pickBytes(data, from, stepX, target, at, end);
    else if (pixelBytes === 2) pickPairs(data, from, 2 * stepX, target, at, end);
    else pickPixels(data, from, stepX * pixelBytes, pixelBytes, target, at, end);
    const last = line + lastX * pixelBytes;
    for (let byte = 0; byte < pixelBytes; byte++) target[end + byte] = data[last + byte] as number;
    at = end + pixelBytes;
  }
}

function pickBytes(
  data: Uint8Array,
  from: number,
  step: number,
  target: Uint8Array,
  start: number,
  end: number,
): void {
  for (let at = start, source = from; at < end; at++, source += step) target[at] = data[source] as number;
}

function pickPairs(
  data: Uint8Array,
  from: number,
  step: number,
  target: Uint8Array,
  start: number,
  end: number,
): void {
  for (let at = start, source = from; at < end; at += 2, source += step) {
    target[at] = data[source] as number;
    target[at + 1] = data[source + 1] as number;
  }
}

function pickPixels(
  data: Uint8Array,
  from: number,
  step: number,
  pixelBytes: number,
  target: Uint8Array,
  start: number,
  end: number,
): void {
  for (let at = start, source = from; at < end; at += pixelBytes, source += step) {
    for (let byte = 0; byte < pixelBytes; byte++) target[at + byte] = data[source + byte] as number;
  }
}

function digest(bytes: Uint8Array): Uint8Array {
  return hash('sha256', bytes, 'buffer').subarray(0, FINGERPRINT_BYTES);
}
