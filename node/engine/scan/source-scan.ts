import { setImmediate } from 'node:timers/promises';
import {
  AV_NOPTS_VALUE,
  AV_PKT_FLAG_CORRUPT,
  AV_PKT_FLAG_KEY,
  AVERROR_EAGAIN,
  AVERROR_EOF,
  type AVPacketFlag,
} from 'node-av/constants';
import { type CodecContext, type FormatContext, Frame, Packet, type Stream } from 'node-av/lib';
import { ChunkFinder } from '../../../src/media/find-chunks.ts';
import { chunkBounds, type PlannedChunk } from '../../../src/media/plan-chunks.ts';
import { KeyframeSettler } from '../../../src/media/settle-keyframes.ts';
import { SizeWatch } from '../../../src/media/size-watch.ts';
import type { PictureSize } from '../../../src/media/source-video.ts';
import { guessFirstTimestamp, TimestampRebuilder } from '../../../src/media/timestamps.ts';
import { isAtOrPast } from '../../../src/zones/zone.ts';
import { monotonicMs } from '../../clock.ts';
import { codecFactsOf, openDecoder } from '../media/decoder.ts';
import { openSource } from '../media/open-source.ts';
import { openProofView } from '../media/proof-view.ts';
import { FRAMES_A_COLLECTION, releaseViews } from '../media/release-views.ts';
import { FrameSketcher } from '../media/sketch-frame.ts';
import type { CodecFacts, KeyframeFact, ScanMessage, ScanRequest } from '../messages.ts';
import { PacketLocator } from './packet-locator.ts';
import { PacketReader } from './packet-reader.ts';
import { ScanWriter } from './scan-writer.ts';
import type { SourceFile } from './source-file.ts';

/** The daemon hears of progress this often, besides at every chunk. */
const REPORT_INTERVAL_MS = 250;
/** Packets between looks at the channel to the daemon and at the clock. */
const PACKETS_A_TURN = FRAMES_A_COLLECTION;
/** Timestamps of packets that gave no frame are forgotten after this many more: no decoder holds back as many. */
const MOST_PENDING = 512;
/** Failures of one packet are few; a decoder that goes on failing without taking in more would never end. */
const MOST_DECODE_ERRORS = 64;

/** More frames than come out before one that they depend on: later ones cannot have been changed by damage met now. */
const MOST_HELD = 32;

/** A frame that came out and is not recorded yet. */
interface HeldFrame extends PictureSize {
  readonly tag: number;
  readonly fingerprint: Uint8Array;
  readonly picture: Uint8Array;
  readonly luma: Uint8Array;
}

/** What a frame may lack where a recording begins (FF_DECODE_ERROR_MISSING_REFERENCE of libavutil/frame.h): no damage. */
const AT_A_CUT = 1 << 1;

/**
 * One decode of a source from its first packet to its last. Packets are numbered in decode order and carry their
 * number through the decoder as timestamp ("tag"): it survives missing, equal and jumping timestamps.
 *
 * Several threads decode, each time in another way where a picture is damaged; slices are decoded on one, and must give
 * the same frames. So at the first damage one thread begins the source anew, and goes on where the recorded frames end.
 */
export class SourceScan {
  readonly #request: ScanRequest;
  readonly #source: SourceFile;
  readonly #send: (message: ScanMessage) => Promise<void>;
  readonly #stream: Stream;
  #reader: PacketReader;
  readonly #writer: ScanWriter;
  readonly #sketcher: FrameSketcher;
  readonly #finder: ChunkFinder;
  /** A frame's nominal duration in the stream's time base. */
  readonly #frameTicks: number;
  readonly #clock: TimestampRebuilder;
  readonly #sizes = new SizeWatch();
  readonly #keyframes = new KeyframeSettler();
  readonly #packet = new Packet();
  readonly #frame = new Frame();
  /** Real timestamps by tag, of packets whose frames are not recorded. */
  readonly #pts = new Map<number, bigint | null>();
  #settled: KeyframeFact[] = [];
  #found: PlannedChunk[] = [];
  /** Came out last, and not recorded yet. */
  #held: HeldFrame[] = [];
  #isOnOneThread = false;
  /** Packets that this decode was given, and frames it gave: from the beginning again on one thread. */
  #givenCount = 0;
  #takenCount = 0;
  /** Recorded. */
  #packetCount = 0;
  #frameCount = 0;
  #chunkCount = 0;
  #damagedCount = 0;
  #reportedMs = monotonicMs();
  #firstPts: bigint | null = null;
  /** Of the latest frame, after the first. */
  #lastSeconds = 0;
  /** Of the forced times, those that were passed. */
  #passedCount = 0;
  /** When the first frame is shown, should it not say so itself. */
  #firstGuess = 0n;

  constructor(
    request: ScanRequest,
    source: SourceFile,
    format: FormatContext,
    stream: Stream,
    send: (message: ScanMessage) => Promise<void>,
  ) {
    const { num, den } = request.settings.picture.frameRate;
    this.#request = request;
    this.#source = source;
    this.#send = send;
    this.#stream = stream;
    this.#reader = new PacketReader(request.path, format, stream.index);
    this.#writer = new ScanWriter(request.directory, new PacketLocator(source.file), source.sizeBytes);
    const { picture, filtering } = request.settings;
    this.#sketcher = new FrameSketcher({ ...picture, ...filtering?.input }, openProofView(request.settings));
    const bounds = chunkBounds(num / den, request.minSceneSeconds, request.maxSceneSeconds);
    this.#finder = new ChunkFinder(bounds, request.cuts, request.forcedKeyframes);
    this.#frameTicks = (stream.timeBase.den * den) / (stream.timeBase.num * num);
    this.#clock = new TimestampRebuilder(this.#frameTicks);
    this.#packet.alloc();
    this.#frame.alloc();
  }

  /** @throws a sentence when the source or the disk fails. */
  async run(): Promise<void> {
    if (!this.#reader.read(this.#packet)) {
      this.#source.checkUnchanged();
      throw new Error(`${this.#request.path} has no video packet: the file is damaged or was cut short.`);
    }
    const codec = codecFactsOf(this.#stream, this.#packet.data);
    const { dts } = this.#packet;
    const first = dts === AV_NOPTS_VALUE ? null : dts;
    this.#firstGuess = guessFirstTimestamp(first, codec.videoDelay, this.#frameTicks);
    await this.#send({ type: 'opened', codec });
    if (!(await this.#decodeAll(codec))) await this.#decodeOnOneThread(codec);
    await this.#finish();
  }

  free(): void {
    this.#packet.free();
    this.#frame.free();
    this.#sketcher.free();
    this.#writer.close();
  }

  /** False at the first damage where several threads decode. */
  async #decodeAll(codec: CodecFacts): Promise<boolean> {
    const decoder = await openDecoder(codec, { threads: this.#isOnOneThread ? 1 : 0 });
    try {
      for (let hasPacket = true; hasPacket; hasPacket = this.#reader.read(this.#packet)) {
        this.#givePacket(decoder);
        this.#takeFrames(decoder);
        if (this.#isUncertain) return false;
        if (this.#found.length > 0 || this.#givenCount % PACKETS_A_TURN === 0) await this.#turn();
      }
      decoder.sendPacketSync(null);
      this.#takeFrames(decoder);
      if (this.#isUncertain) return false;
      for (const frame of this.#held.splice(0)) this.#record(frame);
      return true;
    } finally {
      decoder.freeContext();
    }
  }

  get #isUncertain(): boolean {
    return this.#damagedCount > 0 && !this.#isOnOneThread;
  }

  async #decodeOnOneThread(codec: CodecFacts): Promise<void> {
    this.#isOnOneThread = true;
    this.#held = [];
    this.#givenCount = 0;
    this.#takenCount = 0;
    this.#damagedCount = 0;
    const format = await openSource(this.#request.path);
    try {
      this.#reader = new PacketReader(this.#request.path, format, this.#request.streamIndex);
      if (this.#reader.read(this.#packet)) await this.#decodeAll(codec);
    } finally {
      await format.closeInput();
    }
  }

  #givePacket(decoder: CodecContext): void {
    const packet = this.#packet;
    const tag = this.#givenCount++;
    const pts = packet.pts === AV_NOPTS_VALUE ? null : packet.pts;
    this.#pts.set(tag, pts);
    this.#pts.delete(tag - MOST_PENDING);
    if (tag === this.#packetCount) {
      this.#packetCount++;
      this.#writer.packet(packet);
      if (hasKeyFlag(packet.flags)) this.#keyframes.packet(tag, pts);
    }
    packet.pts = BigInt(tag);
    packet.dts = packet.pts;
    // Frames were taken after every packet, so there is room; what else fails is the packet's own damage.
    const isIncomplete = (packet.flags & AV_PKT_FLAG_CORRUPT) !== 0;
    if (decoder.sendPacketSync(packet) < 0 || isIncomplete) this.#damagedCount++;
    packet.unref();
  }

  #takeFrames(decoder: CodecContext): void {
    for (let errors = 0; errors < MOST_DECODE_ERRORS; ) {
      const result = decoder.receiveFrameSync(this.#frame);
      if (result === AVERROR_EAGAIN || result === AVERROR_EOF) return;
      if (result >= 0) {
        this.#takeFrame();
        this.#frame.unref();
      } else {
        errors++;
        this.#damagedCount++;
      }
    }
  }

  #takeFrame(): void {
    // Most decoders conceal what is damaged and go on: the picture comes, and tells.
    if ((this.#frame.decodeErrorFlags & ~AT_A_CUT) !== 0) this.#damagedCount++;
    // The decode before gave it too.
    if (this.#takenCount++ < this.#frameCount) return;
    const { pts: stamp, width, height } = this.#frame;
    const tag = stamp === AV_NOPTS_VALUE ? this.#givenCount - 1 : Number(stamp);
    const { fingerprint, picture, luma } = this.#sketcher.sketch(this.#frame);
    this.#held.push({ tag, width, height, fingerprint, picture, luma: luma.slice() });
    const certain = this.#held.length > MOST_HELD ? this.#held.shift() : undefined;
    if (certain !== undefined) this.#record(certain);
  }

  #record({ tag, width, height, fingerprint, picture, luma }: HeldFrame): void {
    const sourcePts = this.#pts.get(tag) ?? null;
    this.#pts.delete(tag);
    const { pts, isRebuilt } = this.#clock.next(sourcePts, this.#firstGuess);
    this.#sizes.push(this.#frameCount, { width, height });
    this.#settled.push(...this.#keyframes.frame(tag, this.#frameCount, sourcePts));
    this.#writer.frame({ tag, pts, isRebuilt, fingerprint, picture });
    this.#passTimes(pts);
    this.#frameCount++;
    this.#found.push(...this.#finder.push(luma));
  }

  /** A frame is settled after some more came, so it is soon enough to say now that it starts a chunk. */
  #passTimes(pts: bigint): void {
    this.#firstPts ??= pts;
    const { num, den } = this.#stream.timeBase;
    const seconds = (Number(pts - this.#firstPts) * num) / den;
    this.#lastSeconds = seconds;
    const moment = { frame: this.#frameCount, seconds };
    const { forcedSeconds } = this.#request;
    for (;;) {
      const next = forcedSeconds[this.#passedCount];
      if (next === undefined || !isAtOrPast({ seconds: next }, moment)) return;
      this.#passedCount++;
      this.#finder.force(this.#frameCount);
    }
  }

  /** Lets the daemon's signals in, and tells what is due. */
  async #turn(): Promise<void> {
    releaseViews();
    await setImmediate();
    if (this.#found.length > 0 || monotonicMs() - this.#reportedMs >= REPORT_INTERVAL_MS)
      await this.#report();
  }

  async #report(): Promise<void> {
    this.#source.checkUnchanged();
    this.#writer.flush();
    this.#reportedMs = monotonicMs();
    const keyframes = this.#settled;
    this.#settled = [];
    await this.#send({
      type: 'scanned',
      frameCount: this.#frameCount,
      packetCount: this.#packetCount,
      keyframes,
    });
    for (const change of this.#sizes.take()) await this.#send({ type: 'size-changed', ...change });
    const found = this.#found;
    this.#found = [];
    for (const { startFrame, endFrame, complexity } of found) {
      await this.#send({ type: 'chunk-found', chunk: this.#chunkCount++, startFrame, endFrame, complexity });
    }
  }

  async #finish(): Promise<void> {
    this.#source.checkUnchanged();
    if (this.#frameCount === 0) {
      throw new Error(
        `No picture of ${this.#request.path} could be decoded, of ${this.#packetCount} packets: it is damaged or encrypted.`,
      );
    }
    this.#found.push(...this.#finder.end());
    await this.#report();
    const { user, system } = process.cpuUsage();
    await this.#send({
      type: 'ended',
      frameCount: this.#frameCount,
      packetCount: this.#packetCount,
      chunkCount: this.#chunkCount,
      cuts: this.#finder.cuts,
      rebuiltTimestampCount: this.#clock.rebuiltCount,
      scaledFrameCount: this.#sizes.otherCount,
      damagedCount: this.#damagedCount + this.#reader.damagedCount,
      lastFrameSeconds: this.#lastSeconds,
      cpuSeconds: (user + system) / 1e6,
    });
  }
}

function hasKeyFlag(flags: AVPacketFlag): boolean {
  return (flags & AV_PKT_FLAG_KEY) !== 0;
}
