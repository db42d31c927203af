import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { AV_NOPTS_VALUE, AVMEDIA_TYPE_AUDIO } from 'node-av/constants';
import { Codec, CodecContext, FormatContext, Frame, Packet, type Stream } from 'node-av/lib';
import { EBML_IDS, ebmlElements } from '../../src/container/ebml.ts';
import { must, ok } from './rich-source.ts';

/** Programs that know nothing of ours; where they are not installed, the tests that need them say so. */
export const hasFfprobe = isInstalled('ffprobe', ['-version']);
export const hasMkvmerge = isInstalled('mkvmerge', ['--version']);

function isInstalled(program: string, options: string[]): boolean {
  try {
    execFileSync(program, options, { stdio: 'ignore' });
    return true;
  } catch {
    console.warn(`SKIPPED: ${program} is not installed, so nothing independent reads our outputs with it.`);
    return false;
  }
}

export interface ProbedStream {
  readonly index: number;
  readonly codec_name: string;
  readonly codec_type: string;
  readonly start_time?: string;
  readonly duration?: string;
  readonly sample_aspect_ratio?: string;
  readonly disposition: Readonly<Record<string, number>>;
  readonly tags?: Readonly<Record<string, string>>;
  readonly side_data_list?: readonly Readonly<Record<string, unknown>>[];
  readonly [field: string]: unknown;
}

export interface Probed {
  readonly streams: readonly ProbedStream[];
  readonly chapters: readonly { start_time: string; end_time: string; tags?: Record<string, string> }[];
  readonly format: { readonly tags?: Readonly<Record<string, string>>; readonly duration: string };
  readonly packets: readonly { stream_index: number; pts_time: string; pos: string; flags: string }[];
}

/** What ffprobe says of a file. */
export function ffprobe(path: string): Probed {
  const show = ['-show_streams', '-show_chapters', '-show_format', '-show_packets'];
  const text = execFileSync('ffprobe', ['-v', 'error', '-of', 'json', ...show, path], {
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'ignore'],
    maxBuffer: 64 * 1024 * 1024,
  });
  return JSON.parse(text) as Probed;
}

export interface Identified {
  readonly tracks: readonly { type: string; codec: string; properties: Record<string, unknown> }[];
  readonly chapters: readonly { num_entries: number }[];
  readonly attachments: readonly { file_name: string; content_type: string; size: number }[];
  readonly errors: readonly string[];
  readonly warnings: readonly string[];
}

/** What mkvmerge says of a file. In another locale it ends strings at the first letter that is not ASCII. */
export function mkvmerge(path: string): Identified {
  return JSON.parse(
    execFileSync('mkvmerge', ['-J', path], { encoding: 'utf8', env: { ...process.env, LC_ALL: 'C.UTF-8' } }),
  ) as Identified;
}

export interface ReadPacket {
  readonly seconds: number;
  readonly digest: string;
  readonly flags: number;
}

/** All packets of a file, by stream, as the embedded demuxer gives them. */
export async function readPackets(path: string): Promise<Map<number, ReadPacket[]>> {
  const format = new FormatContext();
  ok(await format.openInput(path));
  ok(await format.findStreamInfo(null));
  const packets = new Map<number, ReadPacket[]>();
  const packet = new Packet();
  packet.alloc();
  while (format.readFrameSync(packet) >= 0) {
    const { num, den } = must(format.streams[packet.streamIndex]).timeBase;
    const list = packets.get(packet.streamIndex) ?? [];
    packets.set(packet.streamIndex, list);
    list.push({
      seconds: (Number(packet.pts) * num) / den,
      digest: createHash('sha256').update(must(packet.data)).digest('hex'),
      flags: packet.flags,
    });
    packet.unref();
  }
  packet.free();
  await format.closeInput();
  return packets;
}

/**
 * Positions of the packets of a Matroska file's first track that are marked as keyframes in the file itself: FFmpeg's
 * demuxers mark AV1's by what is in them.
 */
export async function keyBlocks(path: string): Promise<number[]> {
  const keys: number[] = [];
  let index = 0;
  const segment = [...ebmlElements(await readFile(path))].find(({ id }) => id === EBML_IDS.segment);
  for (const { id, content: cluster } of ebmlElements(must(segment).content)) {
    if (id !== EBML_IDS.cluster) continue;
    for (const { id: kind, content: block } of ebmlElements(cluster)) {
      // SimpleBlock: track number, 16 bits of time, flags (RFC 9559 §10.2).
      if (kind !== 0xa3 || block[0] !== 0x81) continue;
      if (((block[3] ?? 0) & 0x80) !== 0) keys.push(index);
      index += 1;
    }
  }
  return keys;
}

/** Loudness of the first channel over time: seconds of each sample that is louder than a tenth of full scale. */
export async function loudSeconds(path: string): Promise<number[]> {
  const format = new FormatContext();
  ok(await format.openInput(path));
  ok(await format.findStreamInfo(null));
  const stream = must(format.streams.find(({ codecpar }) => codecpar.codecType === AVMEDIA_TYPE_AUDIO));
  const decoder = await openDecoder(stream);
  const loud: number[] = [];
  const packet = new Packet();
  const frame = new Frame();
  packet.alloc();
  frame.alloc();
  const take = (): void => {
    while (decoder.receiveFrameSync(frame) >= 0) {
      loud.push(...loudIn(frame, stream));
      frame.unref();
    }
  };
  while (format.readFrameSync(packet) >= 0) {
    if (packet.streamIndex === stream.index) decoder.sendPacketSync(packet);
    packet.unref();
    take();
  }
  decoder.sendPacketSync(null);
  take();
  packet.free();
  frame.free();
  decoder.freeContext();
  await format.closeInput();
  return loud;
}

async function openDecoder(stream: Stream): Promise<CodecContext> {
  const codec = must(Codec.findDecoder(stream.codecpar.codecId));
  const context = new CodecContext();
  context.allocContext3(codec);
  ok(context.parametersToContext(stream.codecpar));
  context.pktTimebase = stream.timeBase;
  ok(await context.open2(codec, null));
  return context;
}

/** Decoders here give 32-bit floats, planar or not; the first channel tells enough. */
function loudIn(frame: Frame, stream: Stream): number[] {
  const bytes = must(frame.data?.[0]);
  const samples = new Float32Array(bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.length));
  const step = frame.data?.length === 1 ? frame.channels : 1;
  const { num, den } = stream.timeBase;
  if (frame.pts === AV_NOPTS_VALUE) throw new Error('a frame has no time');
  const start = (Number(frame.pts) * num) / den;
  const found: number[] = [];
  for (let i = 0; i < frame.nbSamples; i++) {
    if (Math.abs(samples[i * step] ?? 0) > 0.1) found.push(start + i / frame.sampleRate);
  }
  return found;
}
