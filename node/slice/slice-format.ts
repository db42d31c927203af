import { decode, encode } from 'cborg';
import { z } from 'zod';
import type { CodecFacts } from '../engine/messages.ts';

/**
 * A slice is one byte stream: u32 length of the header (little endian), the header (CBOR), then the packets' bytes in
 * decode order without gaps. It is all a peer gets to know of a source: no path, no timestamp.
 */
export interface SliceHeader {
  readonly version: typeof SLICE_VERSION;
  readonly codec: CodecFacts;
  /** Tag of the first packet; the following packets' tags rise by one. */
  readonly firstTag: number;
  /** Tags of the chunk's frames in presentation order. */
  readonly wanted: readonly number[];
  readonly packets: readonly SlicePacket[];
}

export interface SlicePacket {
  readonly sizeBytes: number;
  /** FFmpeg's AV_PKT_FLAG_* bits. */
  readonly flags: number;
  /** As `encodeSideData` writes it; null for none. */
  readonly sideData: Uint8Array | null;
}

/** Rises when an older peer could misread a newer leader. */
export const SLICE_VERSION = 1;
export const LENGTH_BYTES = 4;
/** A source with a single keyframe makes slices of all packets before the chunk: four hours at 60 frames a second. */
export const MAX_SLICE_PACKETS = 1_000_000;
/** A minute at 240 frames a second; a chunk is far shorter. */
export const MAX_SLICE_FRAMES = 100_000;
/** A million packets at about ten bytes, and room for palettes and parameter sets. */
export const MAX_HEADER_BYTES = 32 * 1024 * 1024;
/** An uncompressed 8K frame of 4:4:4 at 16 bits is 199 MB. */
export const MAX_PACKET_BYTES = 256 * 1024 * 1024;

const MAX_EXTRADATA_BYTES = 4 * 1024 * 1024;
const MAX_TAG = 0xffff_ffff;
const int32 = z.int().min(-0x8000_0000).max(0x7fff_ffff);
const tag = z.int().min(0).max(MAX_TAG);
const size = z.int().min(0).max(MAX_PACKET_BYTES);
const ratio = z.tuple([int32, int32]);
const bytes = z.instanceof(Uint8Array).refine((data) => data.length <= MAX_EXTRADATA_BYTES, {
  error: `more than ${MAX_EXTRADATA_BYTES} bytes`,
});

const codecSchema = z.strictObject({
  codecId: z.int().min(1).max(0x7fff_ffff),
  codecTag: z.int().min(0).max(0xffff_ffff),
  width: z.int().min(1).max(65_536),
  height: z.int().min(1).max(65_536),
  format: int32,
  bitsPerCodedSample: int32,
  bitsPerRawSample: int32,
  profile: int32,
  level: int32,
  videoDelay: z.int().min(0).max(64),
  fieldOrder: int32,
  colour: z.tuple([int32, int32, int32, int32, int32]),
  sampleAspectRatio: ratio,
  timeBase: ratio,
  extradata: bytes.nullable(),
  codedSideData: z.array(z.strictObject({ type: int32, data: bytes })).max(64),
  x264Build: z.int().min(0).max(0x7fff_ffff).nullable(),
});

const headerSchema = z.strictObject({
  version: z.literal(SLICE_VERSION),
  codec: codecSchema,
  firstTag: tag,
  wanted: z.array(tag).min(1).max(MAX_SLICE_FRAMES),
  packets: z
    .array(z.strictObject({ sizeBytes: size, flags: int32, sideData: bytes.nullable() }))
    .min(1)
    .max(MAX_SLICE_PACKETS),
});

/** The wire form packs a packet into an array: a header names a key once, not once a packet. */
const wireSchema = headerSchema.extend({
  packets: z
    .array(z.tuple([size, int32, bytes.nullable()]))
    .min(1)
    .max(MAX_SLICE_PACKETS),
});

/** Length field and header as they begin a slice. Throws a sentence when the header is beyond its limits. */
export function encodeSliceHeader(header: SliceHeader): Uint8Array {
  const packets = header.packets.map(({ sizeBytes, flags, sideData }) => [sizeBytes, flags, sideData]);
  const body = encode(checked({ ...header, packets }));
  if (body.length > MAX_HEADER_BYTES) {
    throw new Error(
      `The slice's header has ${body.length} bytes, at most ${MAX_HEADER_BYTES} are sent: the source has no keyframe near these frames.`,
    );
  }
  const start = new Uint8Array(LENGTH_BYTES + body.length);
  new DataView(start.buffer).setUint32(0, body.length, true);
  start.set(body, LENGTH_BYTES);
  return start;
}

/** Length of the header that follows, from a slice's first `LENGTH_BYTES` bytes. */
export function readHeaderLength(start: Uint8Array): number {
  const length = new DataView(start.buffer, start.byteOffset, LENGTH_BYTES).getUint32(0, true);
  if (length > MAX_HEADER_BYTES) {
    throw new Error(
      `The slice announces a header of ${length} bytes, at most ${MAX_HEADER_BYTES} are taken.`,
    );
  }
  return length;
}

/** Reads and checks a header: whatever comes off the wire is data with ranges, or refused. */
export function decodeSliceHeader(body: Uint8Array): SliceHeader {
  let value: unknown;
  try {
    value = decode(body);
  } catch (error) {
    throw new Error(
      `The slice's header is not CBOR: ${error instanceof Error ? error.message : String(error)}`,
    );
  }
  const wire = checked(value);
  return {
    ...wire,
    packets: wire.packets.map(([sizeBytes, flags, sideData]) => ({ sizeBytes, flags, sideData })),
  };
}

function checked(value: unknown): z.infer<typeof wireSchema> {
  const result = wireSchema.safeParse(value);
  if (result.success) return checkedTags(result.data);
  const issue = result.error.issues[0];
  throw new Error(
    `The slice's header is not valid at ${issue?.path.join('.') || 'its top'}: ${issue?.message}`,
  );
}

/** Wanted tags must name packets of the slice: else no decoder could give them. */
function checkedTags<T extends { firstTag: number; wanted: number[]; packets: unknown[] }>(header: T): T {
  const last = header.firstTag + header.packets.length - 1;
  const outside = header.wanted.find((wanted) => wanted < header.firstTag || wanted > last);
  if (outside === undefined) return header;
  throw new Error(
    `The slice wants the frame of packet ${outside}, expected only packets ${header.firstTag} to ${last}, which it holds.`,
  );
}
