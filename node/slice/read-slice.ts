import { createHash, type Hash } from 'node:crypto';
import { type FileHandle, open } from 'node:fs/promises';
import { encode } from 'cborg';
import type { FrameRange } from '../../src/media/frame-range.ts';
import { PACKET_DIGEST_BYTES, type PacketRecord } from '../../src/media/scan-records.ts';
import { type Keyframe, sliceRange } from '../../src/media/slice-range.ts';
import type { CodecFacts } from '../engine/messages.ts';
import type { ScanFiles } from '../storage/scan-files.ts';
import { encodeSliceHeader, SLICE_VERSION } from './slice-format.ts';

/** A chunk's slice, ready to be read as often as it is asked for. Holds no packet data. */
export interface SliceDescription {
  /** Exact length of the byte stream. */
  readonly bytes: number;
  readonly frameCount: number;
  /**
   * Hex sha256 of what the chunk's frames come from: codec parameters, the packets of the plain range (whatever the
   * lead-in), the wanted frames' places and their fingerprints. Equal for equal content wherever it lies.
   */
  readonly contentDigest: string;
  /** Length field and header. */
  readonly start: Uint8Array;
  readonly firstTag: number;
  readonly packets: readonly PacketRecord[];
}

/** Largest piece that is read and yielded: small enough to bound memory, large enough to be few system calls. */
const PIECE_BYTES = 256 * 1024;

/**
 * Describes the slice of the chunk `range`: O(its packets), no packet data is read.
 *
 * @param keyframes rising by tag, at least those that the scan has told up to the chunk's end
 * @param leadIn how far before that it begins: a position in LEAD_IN_KEYFRAMES
 */
export async function describeSlice(
  files: ScanFiles,
  codec: CodecFacts,
  keyframes: readonly Keyframe[],
  range: FrameRange,
  leadIn: number,
): Promise<SliceDescription> {
  const frames = await files.frames(range.startFrame, range.endFrame);
  const wanted = frames.map((frame) => frame.tag);
  const plain = sliceRange(wanted, range.startFrame, keyframes, 0);
  const { startTag, endTag } = sliceRange(wanted, range.startFrame, keyframes, leadIn);
  const packets = await files.packets(startTag, endTag);
  const sideData: (Uint8Array | null)[] = [];
  for (const packet of packets)
    sideData.push(packet.sideDataBytes === 0 ? null : await files.sideData(packet));
  const start = encodeSliceHeader({
    version: SLICE_VERSION,
    codec,
    firstTag: startTag,
    wanted,
    packets: packets.map(({ sizeBytes, flags }, i) => ({ sizeBytes, flags, sideData: sideData[i] ?? null })),
  });
  const skipped = plain.startTag - startTag;
  const content = createHash('sha256').update(encode([SLICE_VERSION, codec]));
  for (const [i, packet] of packets.slice(skipped).entries()) {
    content.update(encode([packet.digest, packet.sizeBytes, packet.flags, sideData[i + skipped] ?? null]));
  }
  for (const frame of frames) content.update(encode([frame.tag - plain.startTag, frame.fingerprint]));
  return {
    bytes: packets.reduce((sum, packet) => sum + packet.sizeBytes, start.length),
    frameCount: frames.length,
    contentDigest: content.digest('hex'),
    start,
    firstTag: startTag,
    packets,
  };
}

/**
 * The slice's bytes in pieces of at most 256 KiB, packets' digests checked on the way. Nothing is read ahead: a slow
 * reader keeps one piece waiting. Throws a sentence when a packet is no longer what the scan saw; what was yielded
 * until then must be thrown away.
 */
export async function* streamSlice(
  description: SliceDescription,
  files: ScanFiles,
  sourcePath: string,
): AsyncGenerator<Uint8Array, void, undefined> {
  for (let at = 0; at < description.start.length; at += PIECE_BYTES) {
    yield description.start.subarray(at, at + PIECE_BYTES);
  }
  const { packets, firstTag } = description;
  await using source = await openSource(sourcePath);
  const check = new PacketCheck(packets, firstTag, sourcePath);
  for (const run of storedRuns(packets)) {
    for (let at = run.offset; at < run.offset + run.sizeBytes; at += PIECE_BYTES) {
      const size = Math.min(PIECE_BYTES, run.offset + run.sizeBytes - at);
      const piece = run.isInSource ? await source.read(at, size) : await files.spooled(at, size);
      check.take(piece);
      yield piece;
    }
  }
}

interface StoredRun {
  readonly isInSource: boolean;
  readonly offset: number;
  sizeBytes: number;
}

/** Joins packets that lie behind one another in the same file, so that they are read together. */
function storedRuns(packets: readonly PacketRecord[]): StoredRun[] {
  const runs: StoredRun[] = [];
  for (const { isInSource, offset, sizeBytes } of packets) {
    const last = runs.at(-1);
    if (last !== undefined && last.isInSource === isInSource && last.offset + last.sizeBytes === offset) {
      last.sizeBytes += sizeBytes;
    } else {
      runs.push({ isInSource, offset, sizeBytes });
    }
  }
  return runs;
}

/** Cuts the stream of pieces into packets again and compares each packet's digest with the scan's. */
class PacketCheck {
  readonly #packets: readonly PacketRecord[];
  readonly #firstTag: number;
  readonly #sourcePath: string;
  #index = 0;
  #taken = 0;
  #hash: Hash = createHash('sha256');

  constructor(packets: readonly PacketRecord[], firstTag: number, sourcePath: string) {
    this.#packets = packets;
    this.#firstTag = firstTag;
    this.#sourcePath = sourcePath;
  }

  take(piece: Uint8Array): void {
    let at = 0;
    for (let packet = this.#packets[this.#index]; packet !== undefined; packet = this.#packets[this.#index]) {
      const size = Math.min(packet.sizeBytes - this.#taken, piece.length - at);
      this.#hash.update(piece.subarray(at, at + size));
      this.#taken += size;
      at += size;
      if (this.#taken < packet.sizeBytes) return;
      this.#close(packet);
    }
  }

  #close(packet: PacketRecord): void {
    const digest = this.#hash.digest().subarray(0, PACKET_DIGEST_BYTES);
    if (!digest.equals(packet.digest)) {
      const where = packet.isInSource ? this.#sourcePath : 'the spool of its scan';
      throw new Error(
        `Packet ${this.#firstTag + this.#index} of ${this.#sourcePath} changed since it was scanned: ${packet.sizeBytes} bytes at ${packet.offset} of ${where} have another digest. Leave the source as it is while its job runs, or submit it again.`,
      );
    }
    this.#index += 1;
    this.#taken = 0;
    this.#hash = createHash('sha256');
  }
}

interface SourceReader extends AsyncDisposable {
  read(position: number, length: number): Promise<Uint8Array>;
}

async function openSource(path: string): Promise<SourceReader> {
  const handle = await open(path, 'r').catch((error: Error) => {
    throw new Error(`The source ${path} can no longer be opened: ${error.message}.`);
  });
  return {
    read: (position, length) => readExactly(handle, path, position, length),
    [Symbol.asyncDispose]: () => handle.close(),
  };
}

async function readExactly(
  handle: FileHandle,
  path: string,
  position: number,
  length: number,
): Promise<Uint8Array> {
  const bytes = new Uint8Array(length);
  let done = 0;
  while (done < length) {
    const { bytesRead } = await handle.read(bytes, done, length - done, position + done);
    if (bytesRead === 0) {
      throw new Error(
        `The source ${path} ends at ${position + done} bytes, ${position + length} were expected: it was cut short since it was scanned.`,
      );
    }
    done += bytesRead;
  }
  return bytes;
}
