import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { execa } from 'execa';
import type { Frame } from 'node-av/lib';
import { isFullRange } from '../../../src/encoder/colour-words.ts';
import type { EncodedPicture } from '../../../src/encoder/settings.ts';
import type { Colour } from '../../../src/media/source-video.ts';
import { METRICS } from '../../../src/quality/metric.ts';
import { refuseHdr } from '../../../src/quality/sdr-only.ts';
import { convertBy, type FrameConverter } from '../media/to-encoder-format.ts';
import type { Meter } from './meter.ts';

/** How far below zero a score may be: the metric has no end there, and a mean is not to be one ruined frame's. */
const WORST = -METRICS.ssimulacra2.most;

/** Rows from which a picture whose matrix nobody tells is taken for HD, as players do. */
const HD_ROWS = 720;

/** What is taken of a picture to turn it into RGB. */
type Picture = Pick<EncodedPicture, 'width' | 'height' | 'colour'>;

/**
 * Scores by libjxl's ssimulacra2, which knows two picture files and prints a number: each pair is written as RGB of 16 bits
 * (PPM), and is a process of its own. The values are given as they are shown, which the program takes for sRGB.
 */
export class Ssimulacra2Meter implements Meter {
  readonly #program: string;
  readonly #picture: Picture;
  readonly #folder: string;
  readonly #converters: readonly [FrameConverter, FrameConverter];
  readonly #scores: number[] = [];
  readonly #stop = new AbortController();

  private constructor(program: string, picture: Picture, folder: string) {
    this.#program = program;
    this.#picture = picture;
    this.#folder = folder;
    this.#converters = [toRgb(picture), toRgb(picture)];
  }

  static async open(program: string, picture: Picture, workPath: string): Promise<Ssimulacra2Meter> {
    refuseHdr(picture.colour);
    return new Ssimulacra2Meter(program, picture, await mkdtemp(join(workPath, 'vadeio-ssimulacra2-')));
  }

  async add(reference: Frame, distorted: Frame): Promise<void> {
    const [first, second] = this.#converters;
    const files = [
      await this.#write('reference.ppm', first.convert(reference)),
      await this.#write('distorted.ppm', second.convert(distorted)),
    ];
    this.#scores.push(await this.#ask(files));
  }

  async finish(): Promise<number[]> {
    return this.#scores;
  }

  async close(): Promise<void> {
    this.#stop.abort();
    for (const converter of this.#converters) converter.free();
    await rm(this.#folder, { recursive: true, force: true });
  }

  async #write(name: string, frame: Frame): Promise<string> {
    const path = join(this.#folder, name);
    const { width, height } = this.#picture;
    await writeFile(path, Buffer.concat([Buffer.from(`P6\n${width} ${height}\n65535\n`), frame.toBuffer()]));
    return path;
  }

  async #ask(files: readonly string[]): Promise<number> {
    const { exitCode, stdout, stderr } = await execa(this.#program, files, {
      reject: false,
      stdin: 'ignore',
      cancelSignal: this.#stop.signal,
    });
    const said = stdout.trim();
    const score = said === '' ? Number.NaN : Number(said);
    if (exitCode === 0 && Number.isFinite(score)) {
      return Math.min(METRICS.ssimulacra2.most, Math.max(WORST, score));
    }
    const words = `${said} ${stderr}`.trim();
    throw new Error(
      `ssimulacra2 gave no score${words === '' ? '' : `, it said: ${words}`} (${this.#program}).`,
    );
  }
}

/** Bit-exact, so that the same pair has the same score on every CPU. */
function toRgb({ height, colour }: Picture): FrameConverter {
  const ranges = `in_range=${isFullRange(colour) ? 'full' : 'limited'}:out_range=full`;
  const matrix = `in_color_matrix=${MATRICES[colour.matrix] ?? unsaidMatrix(height)}`;
  return convertBy(() => [
    ['scale', `flags=bicubic+accurate_rnd+full_chroma_int+full_chroma_inp+bitexact:${ranges}:${matrix}`],
    ['format', 'pix_fmts=rgb48be'],
  ]);
}

function unsaidMatrix(height: number): string {
  return height >= HD_ROWS ? 'bt709' : 'smpte170m';
}

/** FFmpeg's scaler's names for the matrices of H.273 that it knows. */
const MATRICES: Readonly<Record<Colour['matrix'], string>> = {
  1: 'bt709',
  4: 'fcc',
  5: 'bt470bg',
  6: 'smpte170m',
  7: 'smpte240m',
  9: 'bt2020',
};
