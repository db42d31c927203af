/** Brightness of one frame. */
export interface LumaPlane {
  /** Row by row, in levels of 8 bits; more bits stand behind the point. */
  readonly samples: Float32Array;
  readonly width: number;
  readonly height: number;
}

/** What flat areas of a film say of its grain. */
export interface GrainEvidence {
  readonly frames: number;
  readonly blocks: number;
  /** Standard deviation of the noise, in levels of 8 bits. */
  readonly sigma: number;
}

/** A side of the squares that are looked at, and of the parts whose means must be alike for it to be flat. */
const BLOCK = 16;
const PART = 4;
const PARTS = BLOCK / PART;

/** Near black and white, noise is cut off: such blocks say too little. */
const DARKEST = 28;
const BRIGHTEST = 220;

/** Noise alone makes the means of parts differ by its variance ÷ 16; so much more, and a bit of shading, is flat. */
const FLAT_FACTOR = 3;
const FLAT_SHADING = 0.3;

/** Fewer flat blocks in a frame are an accident, and fewer such frames say nothing of a film. */
const LEAST_BLOCKS = 30;
const LEAST_FRAMES = 3;

/** Below it there is nothing to see: rounding and the source's own compression make as much. */
const LEAST_SIGMA = 0.7;

/**
 * Strength for each level of noise. SVT-AV1 3.1 at preset 10 with its denoising on, CRF 40, white noise: of a deviation of
 * 1.97 players put back 1.76 at strength 18 and 2.13 at 28, of 4.28 they put back 3.55 at 35 and 3.95 at 50.
 */
const STRENGTH_PER_SIGMA = 10;

/** Deviations of the noise in a frame's flat blocks, in levels of 8 bits. */
export function flatBlockSigmas(plane: LumaPlane): number[] {
  const sigmas: number[] = [];
  for (let y = 0; y + BLOCK <= plane.height; y += BLOCK) {
    for (let x = 0; x + BLOCK <= plane.width; x += BLOCK) {
      const { mean, variance } = partMeans(plane, x, y);
      if (mean < DARKEST || mean > BRIGHTEST) continue;
      const sigma = blockSigma(plane, x, y);
      const own = (sigma * sigma) / (PART * PART);
      if (variance <= FLAT_FACTOR * own + FLAT_SHADING) sigmas.push(sigma);
    }
  }
  return sigmas;
}

/**
 * The grain of a film: the median over its frames of each frame's median.
 *
 * @param frames deviations of the flat blocks of each frame.
 * @returns null where too little of it is flat.
 */
export function grainOf(frames: readonly (readonly number[])[]): GrainEvidence | null {
  const flat = frames.filter((sigmas) => sigmas.length >= LEAST_BLOCKS);
  if (flat.length < LEAST_FRAMES) return null;
  return {
    frames: flat.length,
    blocks: flat.reduce((sum, sigmas) => sum + sigmas.length, 0),
    sigma: median(flat.map(median)),
  };
}

/** The strength of synthesised grain, on the scale of SVT-AV1 and aomenc, that looks like so much noise. */
export function grainStrength({ sigma }: GrainEvidence, most: number): number {
  return sigma < LEAST_SIGMA ? 0 : Math.min(most, Math.round(sigma * STRENGTH_PER_SIGMA));
}

/** Mean of a block, and variance of the means of its parts. */
function partMeans({ samples, width }: LumaPlane, x: number, y: number): { mean: number; variance: number } {
  let sum = 0;
  let squares = 0;
  for (let part = 0; part < PARTS * PARTS; part++) {
    const left = x + (part % PARTS) * PART;
    const top = y + Math.floor(part / PARTS) * PART;
    let total = 0;
    for (let row = top; row < top + PART; row++) {
      for (let column = left; column < left + PART; column++)
        total += samples[row * width + column] as number;
    }
    const mean = total / (PART * PART);
    sum += mean;
    squares += mean * mean;
  }
  const mean = sum / (PARTS * PARTS);
  return { mean, variance: Math.max(0, squares / (PARTS * PARTS) - mean * mean) };
}

/**
 * Deviation of the noise in a block, from differences that even shading and straight edges have none of.
 * J. Immerkær, "Fast Noise Variance Estimation", Computer Vision and Image Understanding 64 (2), 1996.
 */
function blockSigma({ samples, width }: LumaPlane, x: number, y: number): number {
  let sum = 0;
  for (let row = y + 1; row < y + BLOCK - 1; row++) {
    for (let column = x + 1; column < x + BLOCK - 1; column++) {
      const at = row * width + column;
      sum += Math.abs(across(samples, at - width) - 2 * across(samples, at) + across(samples, at + width));
    }
  }
  return (Math.sqrt(Math.PI / 2) * sum) / (6 * (BLOCK - 2) ** 2);
}

function across(samples: Float32Array, at: number): number {
  return (samples[at - 1] as number) - 2 * (samples[at] as number) + (samples[at + 1] as number);
}

function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.floor(sorted.length / 2)] ?? 0;
}
