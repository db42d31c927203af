import { createWriteStream } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { decodeSlice } from '../../node/engine/encode/decode-slice.ts';
import { type Engine, startEngine } from '../../node/engine/engine.ts';
import type { EncodeMessage, EncodeRequest, MeasureBuildRequest } from '../../node/engine/messages.ts';
import { openSliceFile } from '../../node/slice/parse-slice.ts';
import { describeSlice, streamSlice } from '../../node/slice/read-slice.ts';
import type { EncodeSettings } from '../../src/encoder/settings.ts';
import type { FrameRange } from '../../src/media/frame-range.ts';
import type { ScannedFile } from './scan-file.ts';

export interface MeasuredSlice {
  readonly sliceBytes: number;
  readonly leadInPackets: number;
  readonly decodeCpuSeconds: number;
}

export interface MeasuredEncode {
  readonly cpuSeconds: number;
  readonly resultBytes: number;
}

/** The encode child of a peer, one chunk after another. Everything runs niced and alone. */
export class ChunkMeasurer {
  readonly #engine: Engine<EncodeRequest | MeasureBuildRequest, EncodeMessage>;
  readonly #folder: string;
  readonly #workPath: string;

  private constructor(folder: string) {
    this.#workPath = join(folder, 'encoder');
    this.#folder = folder;
    this.#engine = startEngine('encode', { niceness: 10 });
  }

  static async start(): Promise<ChunkMeasurer> {
    return new ChunkMeasurer(await mkdtemp(join(tmpdir(), 'vadeio-costs-')));
  }

  /** What the encoder is. Also warms the child up: the first encode of a process costs more. */
  async encoder(settings: EncodeSettings): Promise<string> {
    await this.#engine.send({ type: 'measure-build', workPath: this.#workPath, settings, threads: 1 });
    const answer = await this.#answer('build-measured');
    return `${answer.encoder}, digest ${answer.digest.slice(0, 16)}`;
  }

  /** Makes the chunk's slice, which {@link encode} then takes, and decodes it alone. */
  async slice(scan: ScannedFile, range: FrameRange): Promise<MeasuredSlice> {
    const { files, codec, keyframes, path } = scan;
    const slice = await describeSlice(files, codec, keyframes, range, 0);
    await pipeline(streamSlice(slice, files, path), createWriteStream(this.#slicePath));
    return {
      sliceBytes: slice.bytes,
      leadInPackets: slice.packets.length - slice.frameCount,
      decodeCpuSeconds: await this.#decode(),
    };
  }

  async encode(settings: EncodeSettings): Promise<MeasuredEncode> {
    const outputPath = join(this.#folder, 'result.ivf');
    await this.#engine.send({
      type: 'encode',
      slicePath: this.#slicePath,
      outputPath,
      workPath: this.#workPath,
      settings,
      threads: 1,
      score: null,
    });
    const { cpuSeconds, bytes } = await this.#answer('encoded');
    return { cpuSeconds, resultBytes: bytes };
  }

  async stop(): Promise<void> {
    await this.#engine.kill();
    await rm(this.#folder, { recursive: true, force: true });
  }

  get #slicePath(): string {
    return join(this.#folder, 'chunk.slice');
  }

  async #decode(): Promise<number> {
    await using slice = await openSliceFile(this.#slicePath);
    const before = process.cpuUsage();
    for await (const _ of decodeSlice(slice));
    const { user, system } = process.cpuUsage(before);
    return (user + system) / 1e6;
  }

  async #answer<Type extends EncodeMessage['type']>(
    type: Type,
  ): Promise<Extract<EncodeMessage, { type: Type }>> {
    for await (const answer of this.#engine) {
      if (answer.type === 'failed' || answer.type === 'attempt-failed') throw new Error(answer.message);
      if (answer.type === type) return answer as Extract<EncodeMessage, { type: Type }>;
    }
    throw new Error((await this.#engine.exited).words);
  }
}
