/** Bytes of one frame's fingerprint: a truncated sha256 over the exact samples of all planes. */
export const FINGERPRINT_BYTES = 16;

/** The small picture kept of every frame: averages over a grid of boxes, 8 bits each, luma then two chroma planes. */
export const PICTURE_LUMA_WIDTH = 32;
export const PICTURE_LUMA_HEIGHT = 18;
export const PICTURE_CHROMA_WIDTH = 16;
export const PICTURE_CHROMA_HEIGHT = 9;
export const PICTURE_BYTES =
  PICTURE_LUMA_WIDTH * PICTURE_LUMA_HEIGHT + 2 * PICTURE_CHROMA_WIDTH * PICTURE_CHROMA_HEIGHT;

/** Columns of samples that finding cuts wants at least, where the picture has them. */
const GRID_COLUMNS = 160;
/** A fingerprint covers every block of this many samples each way (invariant 1). */
const MAX_GRID_STEP = 8;

/** Samples of one plane that a frame's sketch looks at: one at every step, each way, in the middle of its block. */
export interface SampleGrid {
  readonly columns: number;
  readonly rows: number;
  /** Columns of the plane: the first, the distance to the next, and the last, which may stand nearer. */
  readonly firstX: number;
  readonly stepX: number;
  readonly lastX: number;
  /** Row of the plane for each row of the grid. */
  readonly ys: Uint32Array;
}

/** Distance of samples, the same for a picture and for its even crop, so that both sketch alike. */
export function gridStep(width: number): number {
  const even = width - (width % 2);
  return Math.max(1, Math.min(MAX_GRID_STEP, Math.floor(even / GRID_COLUMNS)));
}

/**
 * Distance of samples in a chroma plane that shares each between 2^shift pixels: where chroma is as fine as luma, the
 * samples stand where those of its 4:2:0 version would.
 */
export function chromaStep(lumaStep: number, shift: number): number {
  return shift === 0 ? Math.min(MAX_GRID_STEP, 2 * lumaStep) : lumaStep;
}

/** The grid of a plane of `width` by `height` samples with these distances between them. */
export function sampleGrid(width: number, height: number, stepX: number, stepY: number): SampleGrid {
  const columns = Math.ceil(width / stepX);
  const rows = Math.ceil(height / stepY);
  const ys = Uint32Array.from({ length: rows }, (_, row) => position(row, height, stepY));
  return {
    columns,
    rows,
    firstX: position(0, width, stepX),
    stepX,
    lastX: position(columns - 1, width, stepX),
    ys,
  };
}

/** The middle of a block; the last block may be cut off before it. */
function position(block: number, length: number, step: number): number {
  return Math.min(block * step + (step >> 1), length - 1);
}

/**
 * Averages the first `columns` × `rows` values of a grid into `boxColumns` × `boxRows` boxes of `target`. A grid that
 * is coarser than the boxes repeats its values.
 *
 * @param stride values from one row of the grid to the next.
 */
export function averageBoxes(
  grid: Uint8Array,
  stride: number,
  [columns, rows]: readonly [number, number],
  target: Uint8Array,
  [boxColumns, boxRows]: readonly [number, number],
): void {
  for (let boxRow = 0; boxRow < boxRows; boxRow++) {
    const top = Math.floor((boxRow * rows) / boxRows);
    const bottom = Math.max(top + 1, Math.floor(((boxRow + 1) * rows) / boxRows));
    for (let boxColumn = 0; boxColumn < boxColumns; boxColumn++) {
      const left = Math.floor((boxColumn * columns) / boxColumns);
      const right = Math.max(left + 1, Math.floor(((boxColumn + 1) * columns) / boxColumns));
      let sum = 0;
      for (let y = top; y < bottom; y++) {
        const row = y * stride;
        for (let x = left; x < right; x++) sum += grid[row + x] as number;
      }
      const count = (bottom - top) * (right - left);
      target[boxRow * boxColumns + boxColumn] = (sum + (count >> 1)) / count;
    }
  }
}
