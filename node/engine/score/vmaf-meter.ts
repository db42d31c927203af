import { once } from 'node:events';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { Writable } from 'node:stream';
import { execa } from 'execa';
import type { Frame } from 'node-av/lib';
import { z } from 'zod';
import { type RawVideo, Y4M_FRAME, y4mHeader } from '../../../src/media/y4m.ts';
import { type VmafModel, vmafModelOption } from '../../../src/quality/vmaf-model.ts';
import type { Meter } from './meter.ts';

const LOG = 'vmaf.json';

/** What is read of libvmaf's log. */
const VmafLog = z.object({ frames: z.array(z.object({ metrics: z.object({ vmaf: z.number() }) })) });

/** Last bytes of what FFmpeg says that are kept for an error. */
const WORDS_KEPT = 2048;

/**
 * Scores by an FFmpeg with libvmaf, a process of its own that gets nothing but raw pictures: frames are decoded here, so
 * that they are paired by number and film grain is off, whatever that FFmpeg's decoders do. Pairing by the files'
 * timestamps gave 71.9 instead of 91.3.
 */
export class VmafMeter implements Meter {
  readonly #folder: string;
  readonly #child: ReturnType<typeof startFfmpeg>;
  readonly #reference: Writable;
  readonly #distorted: Writable;
  #words = '';
  #count = 0;

  private constructor(folder: string, child: ReturnType<typeof startFfmpeg>) {
    this.#folder = folder;
    this.#child = child;
    const [distorted, reference] = [child.stdio[3], child.stdio[4]] as unknown as [Writable, Writable];
    this.#distorted = distorted;
    this.#reference = reference;
    // When the child is gone its exit says more than a broken pipe does.
    for (const pipe of [distorted, reference]) pipe.on('error', () => undefined);
    child.stderr?.on('data', (bytes: Buffer) => {
      this.#words = (this.#words + bytes.toString('utf8')).slice(-WORDS_KEPT);
    });
  }

  static async open(ffmpeg: string, model: VmafModel, video: RawVideo, workPath: string): Promise<VmafMeter> {
    const folder = await mkdtemp(join(workPath, 'vadeio-vmaf-'));
    const meter = new VmafMeter(folder, startFfmpeg(ffmpeg, folder, vmafModelOption(model)));
    const header = Buffer.from(y4mHeader(video));
    await Promise.all([meter.#write(meter.#distorted, header), meter.#write(meter.#reference, header)]);
    return meter;
  }

  async add(reference: Frame, distorted: Frame): Promise<void> {
    const mark = Buffer.from(Y4M_FRAME);
    const [first, second] = [distorted.toBuffer(), reference.toBuffer()];
    // At once: the child takes from whichever it needs next.
    await Promise.all([
      this.#write(this.#distorted, Buffer.concat([mark, first])),
      this.#write(this.#reference, Buffer.concat([mark, second])),
    ]);
    this.#count += 1;
  }

  async finish(): Promise<number[]> {
    this.#distorted.end();
    this.#reference.end();
    const { exitCode } = await this.#child;
    if (exitCode !== 0) throw this.#failure();
    const text = await readFile(join(this.#folder, LOG), 'utf8').catch(() => '');
    const log = VmafLog.safeParse(text === '' ? null : JSON.parse(text));
    if (!log.success || log.data.frames.length !== this.#count) {
      const found = log.success ? `${log.data.frames.length} scores` : 'no scores';
      throw new Error(`The FFmpeg with libvmaf gave ${found}, expected ${this.#count}.`);
    }
    return log.data.frames.map(({ metrics }) => metrics.vmaf);
  }

  async close(): Promise<void> {
    this.#child.kill('SIGKILL');
    await this.#child;
    await rm(this.#folder, { recursive: true, force: true });
  }

  async #write(pipe: Writable, bytes: Uint8Array): Promise<void> {
    if (pipe.destroyed) throw await this.#gone();
    if (pipe.write(bytes)) return;
    await Promise.race([once(pipe, 'drain'), once(pipe, 'close')]).catch(() => undefined);
    if (pipe.destroyed) throw await this.#gone();
  }

  async #gone(): Promise<Error> {
    await this.#child;
    return this.#failure();
  }

  #failure(): Error {
    const words = this.#words.trim();
    return new Error(`The FFmpeg with libvmaf ended early${words === '' ? '' : `: ${words}`}.`);
  }
}

/** The log is named in the child's own folder, so that no character of a path needs to be escaped in a filter. */
function startFfmpeg(ffmpeg: string, folder: string, model: string) {
  const input = ['-f', 'yuv4mpegpipe', '-i'];
  const filter = `[0:v][1:v]libvmaf=model='${model}':n_threads=1:shortest=1:log_fmt=json:log_path=${LOG}`;
  const args = [
    '-v',
    'error',
    '-nostdin',
    ...input,
    'pipe:3',
    ...input,
    'pipe:4',
    '-lavfi',
    filter,
    '-f',
    'null',
    '-',
  ];
  return execa(ffmpeg, args, {
    cwd: folder,
    stdio: ['ignore', 'ignore', 'pipe', 'pipe', 'pipe'],
    buffer: false,
    reject: false,
  });
}
