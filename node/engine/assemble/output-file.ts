import { type FileHandle, open } from 'node:fs/promises';
import { AVERROR_EIO, AVERROR_ENOSPC } from 'node-av/constants';
import { Dictionary, FFmpegError, FormatContext, type Packet, type Stream } from 'node-av/lib';
import type { OutputContainer } from '../../../src/container/carry.ts';
import type { Rational } from '../../../src/media/rational.ts';
import { diskError } from '../../storage/disk-error.ts';
import { check } from '../media/check.ts';

/** How a header is written. */
export interface HeaderFacts {
  readonly metadata: Readonly<Record<string, string>>;
  /** The source's: MP4 counts its time in the same ticks. */
  readonly timeBase: Rational;
  /** Room left for chapters before the first cluster, in bytes; 0 for none. Matroska and WebM only. */
  readonly reservedBytes: number;
}

/** Error codes of FFmpeg that are the disk's, by the system's names. */
const DISK_ERRORS: readonly (readonly [number, string])[] = [
  [AVERROR_ENOSPC, 'ENOSPC'],
  [AVERROR_EIO, 'EIO'],
];

/** An output being muxed. Packets are written in the order they are given; the caller interleaves. */
export class OutputFile {
  readonly path: string;
  readonly container: OutputContainer;
  readonly #format = new FormatContext();
  #isOpen = false;
  /** Leads to what is written here, whatever becomes of the name. */
  #file: FileHandle | null = null;

  constructor(path: string, container: OutputContainer) {
    this.path = path;
    this.container = container;
    check(this.#format.allocOutputContext2(null, container, `file:${path}`), 'the output was prepared');
    // Timestamps stay as they are: a shift of all streams would move the picture.
    check(this.#format.setOption('avoid_negative_ts', 'disabled'), 'the output was told to keep timestamps');
  }

  addStream(): Stream {
    return this.#format.newStream();
  }

  /** Creates the file and writes its header; from now on the streams' time bases are the container's. */
  async writeHeader(facts: HeaderFacts): Promise<void> {
    const options = Dictionary.fromObject(this.#options(facts));
    this.#format.metadata = Dictionary.fromObject({ ...facts.metadata });
    if (facts.reservedBytes > 0) {
      const set = this.#format.setOption('metadata_header_padding', facts.reservedBytes);
      check(set, 'room was reserved for chapters');
    }
    try {
      this.#checkWrite(await this.#format.openOutput());
      this.#isOpen = true;
      this.#file = await open(this.path, 'r+');
      this.#checkWrite(await this.#format.writeHeader(options));
    } finally {
      options.free();
    }
  }

  /** Writes one packet and frees it. */
  write(packet: Packet): void {
    try {
      this.#checkWrite(this.#format.writeFrameSync(packet));
    } finally {
      packet.free();
    }
  }

  /** Bytes given to the file so far. */
  get bytes(): number {
    return this.#isOpen ? Number(this.#format.pbBytes) : 0;
  }

  /** Writes the container's end. */
  async writeTrailer(): Promise<void> {
    this.#checkWrite(await this.#format.writeTrailer());
    await this.#closeMuxer();
  }

  /** Makes what was written, to its end, survive a power cut. Returns its size in bytes. */
  async sync(): Promise<number> {
    if (this.#file === null) throw new Error(`${this.path} is not open.`);
    try {
      await this.#file.sync();
      return (await this.#file.stat()).size;
    } catch (error) {
      throw diskError(error, 'write', this.path);
    } finally {
      await this.close();
    }
  }

  async close(): Promise<void> {
    await this.#closeMuxer();
    await this.#file?.close();
    this.#file = null;
  }

  async #closeMuxer(): Promise<void> {
    if (this.#isOpen) await this.#format.closeOutput();
    this.#isOpen = false;
    this.#format.freeContext();
  }

  #options({ timeBase }: HeaderFacts): Record<string, string> {
    return this.container === 'mp4' ? { video_track_timescale: String(timeBase.den) } : {};
  }

  #checkWrite(result: number): void {
    if (result >= 0) return;
    const code = DISK_ERRORS.find(([error]) => error === result)?.[1];
    const words = new FFmpegError(result).message;
    throw diskError(Object.assign(new Error(words), code === undefined ? {} : { code }), 'write', this.path);
  }
}
