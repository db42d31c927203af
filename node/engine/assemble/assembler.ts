import type { FormatContext, Packet, Stream } from 'node-av/lib';
import { Dictionary } from 'node-av/lib';
import { DecodeTimes } from '../../../src/container/decode-times.ts';
import { writeMatroskaChapters } from '../../../src/container/matroska-chapters.ts';
import { carriedMetadata, carriedStreamMetadata } from '../../../src/container/metadata.ts';
import { OutputTicks, rescale } from '../../../src/container/output-ticks.ts';
import type { VideoCodec } from '../../../src/encoder/encoder-definition.ts';
import { encoderOf } from '../../../src/encoder/encoders.ts';
import { findStreamHeader } from '../../../src/encoder/stream-header.ts';
import { ScanFiles } from '../../storage/scan-files.ts';
import { openSource } from '../media/open-source.ts';
import type { AssembleRequest } from '../messages.ts';
import { type AddedStream, addCarriedStream } from './carried-streams.ts';
import { readChunk, videoPacket } from './chunk-packets.ts';
import { fillChapters } from './fill-chapters.ts';
import { OutputFile } from './output-file.ts';
import { readPictures } from './read-pictures.ts';
import { type PacketSink, SourcePackets } from './source-packets.ts';
import { describeVideo, reorderDepth } from './video-parameters.ts';

/** Frame records read at once: a record is about a kilobyte. */
const RECORDS_AT_ONCE = 256;

/** An output whose header is written: everything that exists from the first chunk on. */
interface OpenOutput {
  readonly file: OutputFile;
  readonly video: Stream;
  readonly ticks: OutputTicks;
  readonly decodeTimes: DecodeTimes;
  readonly packets: SourcePackets;
  readonly streams: readonly AddedStream[];
  readonly chapters: Uint8Array | null;
  /** Added to the source's timestamps where its first frame stands before zero, which no output holds. */
  readonly delay: bigint;
}

/** Writes the output as the finished prefix of the film grows. Chunks come in film order. */
export class Assembler {
  readonly #request: AssembleRequest;
  readonly #source: FormatContext;
  readonly #scan: ScanFiles;
  readonly #codec: VideoCodec;
  #output: OpenOutput | null = null;
  /** From the packet on that is shown last: how long it lasts is known when the next chunk's first timestamp is. */
  #held: Packet[] = [];
  #frameCount = 0;

  private constructor(request: AssembleRequest, source: FormatContext) {
    this.#request = request;
    this.#source = source;
    this.#scan = new ScanFiles(request.scanDirectory);
    this.#codec = encoderOf(request.settings.encoder).codec;
  }

  static async open(request: AssembleRequest): Promise<Assembler> {
    return new Assembler(request, await openSource(request.sourcePath));
  }

  /** Appends a chunk and everything that stands beside it. Returns the bytes written so far. */
  async append(path: string, startFrame: number, frameCount: number): Promise<number> {
    if (startFrame !== this.#frameCount) {
      throw new Error(
        `A chunk of frame ${startFrame} was to be appended, frame ${this.#frameCount} is the next.`,
      );
    }
    const units = await readChunk(path, frameCount);
    const output = await this.#open(units[0]?.data ?? new Uint8Array());
    const shown = await this.#shownTicks(output, startFrame, frameCount);
    await this.#writeHeld(output, shown[0] ?? 0n);
    const decoded = output.decodeTimes.next(shown);
    for (const [place, { pts: index, data }] of units.entries()) {
      const pts = shown[Number(index)];
      const dts = decoded[place];
      if (pts === undefined || dts === undefined || dts > pts) throw wrongOrder(path, place, index);
      const packet = videoPacket(data, this.#codec, output.video.index, { pts, dts });
      const next = shown[Number(index) + 1];
      if (next !== undefined) packet.duration = next - pts;
      if (next === undefined || this.#held.length > 0) this.#held.push(packet);
      else await this.#write(output, packet);
    }
    this.#frameCount += frameCount;
    return output.file.bytes;
  }

  /** Writes what is left and the container's end, to the disk. Returns the output's size in bytes. */
  async finish(frameCount: number): Promise<number> {
    const output = this.#output;
    if (output === null || frameCount !== this.#frameCount) {
      throw new Error(`The output holds ${this.#frameCount} frames, ${frameCount} were expected.`);
    }
    await this.#writeHeld(output, (this.#held[0]?.pts ?? 0n) + this.#frameTicks(output.video));
    for (
      let rest = await output.packets.takeRest();
      rest.length > 0;
      rest = await output.packets.takeRest()
    ) {
      for (const packet of rest) output.file.write(packet);
    }
    await output.file.writeTrailer();
    if (output.chapters !== null) await fillChapters(output.file.path, output.chapters);
    await this.#closeInputs();
    return output.file.sync();
  }

  /** When the chunk's frames are shown, in the output's ticks. */
  async #shownTicks(output: OpenOutput, startFrame: number, frameCount: number): Promise<bigint[]> {
    const ticks: bigint[] = [];
    for (let done = 0; done < frameCount; done += RECORDS_AT_ONCE) {
      const end = startFrame + Math.min(done + RECORDS_AT_ONCE, frameCount);
      for (const { pts } of await this.#scan.frames(startFrame + done, end)) {
        ticks.push(output.ticks.next(pts + output.delay));
      }
    }
    return ticks;
  }

  /** @param end when the picture that is shown last gives way to the next. */
  async #writeHeld(output: OpenOutput, end: bigint): Promise<void> {
    const [last] = this.#held;
    if (last !== undefined) last.duration = end - last.pts;
    for (const packet of this.#held.splice(0)) await this.#write(output, packet);
  }

  async #write(output: OpenOutput, packet: Packet): Promise<void> {
    const { num, den } = output.video.timeBase;
    for (const other of await output.packets.takeUpTo((Number(packet.dts) * num) / den))
      output.file.write(other);
    output.file.write(packet);
  }

  #frameTicks(video: Stream): bigint {
    const { num, den } = this.#request.source.video.frameRate;
    const frame = num > 0 ? rescale(1n, { num: den, den: num }, video.timeBase) : 1n;
    return frame > 0n ? frame : 1n;
  }

  async #open(firstUnit: Uint8Array): Promise<OpenOutput> {
    this.#output ??= await this.#create(firstUnit);
    return this.#output;
  }

  async #create(firstUnit: Uint8Array): Promise<OpenOutput> {
    const { source, carry, outputPath } = this.#request;
    const streamHeader = findStreamHeader(firstUnit, this.#codec);
    if (streamHeader === null) throw new Error("The first chunk does not begin with its stream's header.");
    const [first] = await this.#scan.frames(0, 1);
    const delay = first !== undefined && first.pts < 0n ? -first.pts : 0n;
    const file = new OutputFile(outputPath, carry.container);
    const added = new Map<number, AddedStream>();
    const pictured = carry.streams.filter(({ action }) => action === 'attach').map(({ index }) => index);
    const pictures = await readPictures(source.path, pictured);
    let video: Stream | null = null;
    for (const input of this.#source.streams) {
      if (input.index === source.video.streamIndex) {
        video = this.#addVideo(file, input, streamHeader);
        continue;
      }
      const carried = carry.streams.find(({ index }) => index === input.index);
      const facts = source.streams.find(({ index }) => index === input.index);
      if (carried === undefined || facts === undefined) continue;
      const stream = await addCarriedStream(file, input, facts, carried, pictures.get(input.index));
      if (stream !== null) added.set(input.index, stream);
    }
    if (video === null) throw sourceChanged(this.#request.sourcePath);
    const chapters = this.#chapters(delay);
    const metadata = carriedMetadata(source.metadata);
    const { timeBase } = source.video;
    await file.writeHeader({ metadata, timeBase, reservedBytes: chapters?.length ?? 0 });
    return {
      file,
      video,
      ticks: new OutputTicks(timeBase, video.timeBase),
      decodeTimes: new DecodeTimes(await reorderDepth(video.codecpar, firstUnit), this.#frameTicks(video)),
      packets: new SourcePackets(this.#source, source.video.streamIndex, openSinks(added), delay),
      streams: [...added.values()],
      chapters,
      delay,
    };
  }

  #addVideo(file: OutputFile, input: Stream, streamHeader: Uint8Array): Stream {
    const { source, settings, carry } = this.#request;
    const stream = file.addStream();
    const coded = { codec: this.#codec, streamHeader, container: carry.container };
    describeVideo(stream, settings.picture, source.video, input, coded);
    const facts = source.streams.find(({ index }) => index === input.index);
    if (facts !== undefined) stream.metadata = Dictionary.fromObject(carriedStreamMetadata(facts));
    stream.disposition = input.disposition;
    return stream;
  }

  #chapters(delay: bigint): Uint8Array | null {
    const { source, carry } = this.#request;
    if (!carry.keepsChapters) return null;
    const { num, den } = source.video.timeBase;
    const seconds = (Number(delay) * num) / den;
    return writeMatroskaChapters(
      source.chapters.map((chapter) => ({
        ...chapter,
        startSeconds: chapter.startSeconds + seconds,
        endSeconds: chapter.endSeconds === null ? null : chapter.endSeconds + seconds,
      })),
    );
  }

  async #closeInputs(): Promise<void> {
    this.#output?.packets.close();
    for (const stream of this.#output?.streams ?? []) stream.close();
    await this.#source.closeInput();
    await this.#scan.close();
  }
}

function openSinks(added: ReadonlyMap<number, AddedStream>): Map<number, PacketSink> {
  const sinks = new Map<number, PacketSink>();
  for (const [index, { openSink }] of added) if (openSink !== null) sinks.set(index, openSink());
  return sinks;
}

function wrongOrder(path: string, place: number, index: bigint): Error {
  return new Error(
    `The chunk ${path} has picture ${index} at place ${place}: its stream's header allows no such order. Choose other --encoder-params.`,
  );
}

function sourceChanged(path: string): Error {
  return new Error(`${path} no longer has the video stream it had: it was changed while it was encoded.`);
}
