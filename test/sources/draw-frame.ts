import {
  AV_FRAME_FLAG_INTERLACED,
  AV_FRAME_FLAG_TOP_FIELD_FIRST,
  type AVPixelFormat,
} from 'node-av/constants';
import { avGetPixFmtFromName, avGetPixFmtName, Frame } from 'node-av/lib';

/** What a test source shows: numbered frames of a few shots. */
export interface Film {
  readonly width: number;
  readonly height: number;
  /** FFmpeg's name of a planar format. */
  readonly pixelFormat: string;
  /** Lengths of the shots in frames. */
  readonly shots: readonly number[];
  readonly isInterlaced: boolean;
}

/** A number takes one row of blocks over the whole width: bits of the number, then bits of its check. */
const NUMBER_BITS = 10;
const CHECK_BITS = 4;
const BLOCKS = NUMBER_BITS + CHECK_BITS;
/** Part of the picture's height that the row of blocks takes: tall blocks survive coarse quantisation. */
const ROW_SHARE = 0.3;
const BLACK = 36;
const WHITE = 216;

export function frameCountOf(film: Film): number {
  return film.shots.reduce((sum, length) => sum + length, 0);
}

/** First frames of the shots but the first. */
export function cutsOf(film: Film): number[] {
  return film.shots.slice(0, -1).map((_, i) => film.shots.slice(0, i + 1).reduce((sum, n) => sum + n, 0));
}

/** Draws frame `index`, which carries its number; the caller frees it. */
export function drawFrame(film: Film, index: number): Frame {
  const frame = new Frame();
  frame.alloc();
  frame.format = avGetPixFmtFromName(film.pixelFormat) as AVPixelFormat;
  frame.width = film.width;
  frame.height = film.height;
  frame.allocBuffer();
  if (film.isInterlaced) frame.setFlags(AV_FRAME_FLAG_INTERLACED, AV_FRAME_FLAG_TOP_FIELD_FIRST);
  const { shot, start } = shotAt(film, index);
  const planes = film.pixelFormat.startsWith('gray') ? 1 : 3;
  for (let plane = 0; plane < planes; plane++) drawPlane(frame, film, plane, shot, index - start, index);
  return frame;
}

/** Reads the number back from a decoded frame; null when its check does not fit. */
export function readFrameNumber(frame: Frame): number | null {
  const name = avGetPixFmtName(frame.format as AVPixelFormat) ?? '';
  const data = frame.data?.[0];
  const lineSize = frame.linesize[0];
  if (data === undefined || lineSize === undefined) return null;
  const shift = depthOf(name) - 8;
  let word = 0;
  for (let block = 0; block < BLOCKS; block++) {
    const left = Math.floor((block + 0.3) * (frame.width / BLOCKS));
    const right = Math.ceil((block + 0.7) * (frame.width / BLOCKS));
    let sum = 0;
    let count = 0;
    for (let y = Math.floor(frame.height * ROW_SHARE * 0.25); y < frame.height * ROW_SHARE * 0.75; y++) {
      for (let x = left; x < right; x++) {
        const at = y * lineSize + (shift > 0 ? 2 * x : x);
        sum += shift > 0 ? data.readUInt16LE(at) >> shift : (data[at] as number);
        count += 1;
      }
    }
    word = word * 2 + (sum / count > (BLACK + WHITE) / 2 ? 1 : 0);
  }
  const number = word >> CHECK_BITS;
  return codeOf(number) === word ? number : null;
}

function codeOf(number: number): number {
  const check = (number ^ (number >> 3) ^ (number >> 6) ^ 0b1010) & ((1 << CHECK_BITS) - 1);
  return (number << CHECK_BITS) | check;
}

function shotAt(film: Film, index: number): { shot: number; start: number } {
  let start = 0;
  for (const [shot, length] of film.shots.entries()) {
    if (index < start + length) return { shot, start };
    start += length;
  }
  throw new Error(`Frame ${index} is beyond the film's ${start} frames.`);
}

/** A picture of soft noise, 256 by 256, the same in every run. */
const TEXTURE = makeTexture();

function makeTexture(): Uint8Array {
  let state = 12_345;
  const coarse = Uint8Array.from({ length: 32 * 32 }, () => {
    state = (Math.imul(state, 1_103_515_245) + 12_345) >>> 0;
    return (state >>> 16) & 255;
  });
  const at = (x: number, y: number): number => coarse[(y & 31) * 32 + (x & 31)] as number;
  return Uint8Array.from({ length: 256 * 256 }, (_, i) => {
    const x = i & 255;
    const y = i >> 8;
    const [fx, fy] = [x & 7, y & 7];
    const top = at(x >> 3, y >> 3) * (8 - fx) + at((x >> 3) + 1, y >> 3) * fx;
    const bottom = at(x >> 3, (y >> 3) + 1) * (8 - fx) + at((x >> 3) + 1, (y >> 3) + 1) * fx;
    return (top * (8 - fy) + bottom * fy) >> 6;
  });
}

/** A pan over the texture, different in every shot, and the number over it. */
function drawPlane(
  frame: Frame,
  film: Film,
  plane: number,
  shot: number,
  inShot: number,
  number: number,
): void {
  const data = frame.data?.[plane];
  const lineSize = frame.linesize[plane];
  if (data === undefined || lineSize === undefined)
    throw new Error(`${film.pixelFormat} has no plane ${plane}.`);
  const isColour = plane > 0 && film.pixelFormat.startsWith('yuv');
  const [shiftX, shiftY] = isColour ? chromaShift(film.pixelFormat) : [0, 0];
  const width = -(-film.width >> shiftX);
  const height = -(-film.height >> shiftY);
  const depth = depthOf(film.pixelFormat);
  const shift = depth - 8;
  const row = Uint16Array.from({ length: width });
  const word = codeOf(number);
  const base = isColour ? 88 + ((shot * 47 + plane * 29) % 60) : 50 + ((shot * 61) % 70);
  const [panX, panY] = [1 + ((shot * 5) % 7), (shot * 3) % 4];
  const blockRows = Math.floor(film.height * ROW_SHARE) >> shiftY;
  for (let y = 0; y < height; y++) {
    const textureRow = (((y << shiftY) + panY * inShot + shot * 83) & 255) << 8;
    for (let x = 0; x < width; x++) {
      const block = Math.floor(((x << shiftX) * BLOCKS) / film.width);
      const bit = (word >> (BLOCKS - 1 - block)) & 1;
      const noise = TEXTURE[textureRow + (((x << shiftX) + panX * inShot + shot * 31) & 255)] as number;
      let value = base + (noise >> (isColour ? 3 : 1));
      if (y < blockRows) value = isColour ? 128 : bit === 1 ? WHITE : BLACK;
      row[x] = value << shift;
    }
    if (shift > 0) for (let x = 0; x < width; x++) data.writeUInt16LE(row[x] as number, y * lineSize + 2 * x);
    else data.set(row, y * lineSize);
  }
}

function chromaShift(pixelFormat: string): readonly [number, number] {
  if (pixelFormat.includes('420')) return [1, 1];
  return pixelFormat.includes('422') ? [1, 0] : [0, 0];
}

function depthOf(pixelFormat: string): number {
  return Number(/(?:p|gray)(9|1[0-6])/.exec(pixelFormat)?.[1] ?? 8);
}
