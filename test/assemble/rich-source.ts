import {
  AV_CODEC_FLAG_GLOBAL_HEADER,
  AV_CODEC_ID_ASS,
  AV_CODEC_ID_MOV_TEXT,
  AV_CODEC_ID_PNG,
  AV_CODEC_ID_SUBRIP,
  AV_CODEC_ID_TTF,
  AV_CODEC_ID_WEBVTT,
  AV_DISPOSITION_DEFAULT,
  AV_DISPOSITION_FORCED,
  AV_PICTURE_TYPE_NONE,
  AV_PIX_FMT_YUV420P,
  AV_PKT_DATA_DISPLAYMATRIX,
  AV_PKT_FLAG_KEY,
  AVMEDIA_TYPE_ATTACHMENT,
  AVMEDIA_TYPE_SUBTITLE,
  type FFAudioEncoder,
  type FFVideoEncoder,
} from 'node-av/constants';
import {
  avChannelLayoutDefault,
  avGetSampleFmtFromName,
  Codec,
  CodecContext,
  Dictionary,
  FFmpegError,
  Filter,
  FilterGraph,
  FormatContext,
  Frame,
  Packet,
  Rational,
  type Stream,
} from 'node-av/lib';

export const WIDTH = 320;
export const HEIGHT = 180;

export function ok(result: number): number {
  FFmpegError.throwIfError(result);
  return result;
}

export interface Sound {
  readonly encoder: string;
  readonly seconds: number;
  readonly startSeconds?: number;
  readonly channels?: number;
  readonly sampleRate?: number;
  readonly sampleFormat?: string;
  readonly language?: string;
  readonly title?: string;
  readonly isDefault?: boolean;
  /** Samples of silence before a click; null for a plain tone. */
  readonly clickAtSeconds?: number;
}

export interface Text {
  readonly codec: 'subrip' | 'ass' | 'webvtt' | 'mov_text';
  readonly language?: string;
  readonly title?: string;
  readonly isForced?: boolean;
  readonly cues: readonly (readonly [startSeconds: number, endSeconds: number, text: string])[];
}

export interface RichSource {
  readonly path: string;
  readonly format: string;
  /** Timestamps of the frames, in ticks of `timeBase`. */
  readonly pts: readonly bigint[];
  readonly timeBase: readonly [number, number];
  readonly sounds?: readonly Sound[];
  readonly texts?: readonly Text[];
  readonly attachments?: readonly (readonly [name: string, bytes: Uint8Array])[];
  readonly metadata?: Readonly<Record<string, string>>;
  readonly videoMetadata?: Readonly<Record<string, string>>;
  /** Clockwise degrees. */
  readonly rotation?: 90;
  /** Encoder of the picture; libx264 where nothing is said. */
  readonly video?: 'libx264' | 'libvpx-vp9';
}

interface Timed {
  readonly seconds: number;
  readonly packet: Packet;
}

/** Frames of a test picture that differs in every frame. The caller frees them. */
export function makeFrames(count: number, skip = 0, pixelFormat = 'yuv420p'): Frame[] {
  const graph = new FilterGraph();
  graph.alloc();
  const source = graph.createFilter(must(Filter.getByName('testsrc2')), 'in', `s=${WIDTH}x${HEIGHT}:r=25`);
  const format = graph.createFilter(must(Filter.getByName('format')), 'format', `pix_fmts=${pixelFormat}`);
  const sink = must(graph.createFilter(must(Filter.getByName('buffersink')), 'out', null));
  ok(must(source).link(0, must(format), 0));
  ok(must(format).link(0, sink, 0));
  ok(graph.configSync());
  const frames: Frame[] = [];
  const frame = new Frame();
  frame.alloc();
  for (let i = 0; i < skip + count; i++) {
    ok(sink.buffersinkGetFrameSync(frame));
    if (i >= skip) frames.push(must(frame.clone()));
    frame.unref();
  }
  frame.free();
  graph.free();
  return frames;
}

/** Writes a source with everything that a container carries beside the picture. */
export async function makeRichSource(source: RichSource): Promise<void> {
  const output = new FormatContext();
  ok(output.allocOutputContext2(null, source.format, source.path));
  ok(output.setOption('avoid_negative_ts', 'disabled'));
  output.metadata = Dictionary.fromObject({ ...source.metadata });
  const tracks = [await addVideo(output, source)];
  // One after another: streams are numbered in the order they are added.
  for (const sound of source.sounds ?? []) tracks.push(await addSound(output, sound));
  for (const text of source.texts ?? []) tracks.push(addText(output, text));
  for (const [name, bytes] of source.attachments ?? []) addAttachment(output, name, bytes);
  ok(await output.openOutput());
  const options = Dictionary.fromObject(
    source.format === 'mp4' ? { video_track_timescale: String(source.timeBase[1]) } : {},
  );
  ok(await output.writeHeader(options));
  const packets = tracks.flatMap((track) => track());
  packets.sort((a, b) => a.seconds - b.seconds);
  for (const { packet } of packets) {
    ok(output.writeFrameSync(packet));
    packet.free();
  }
  ok(await output.writeTrailer());
  await output.closeOutput();
  output.freeContext();
}

/** Adds a stream before the header; what is returned gives its packets once the header is written. */
type Track = () => Timed[];

function timed(packet: Packet, from: Rational, stream: Stream): Timed {
  const copy = must(packet.clone());
  copy.rescaleTs(from, stream.timeBase);
  copy.streamIndex = stream.index;
  return { seconds: (Number(copy.dts) * stream.timeBase.num) / stream.timeBase.den, packet: copy };
}

/** Encodes everything at once; the packets stay in the encoder's time base until the stream has its own. */
function encodeAll(context: CodecContext, frames: readonly Frame[]): Packet[] {
  const packets: Packet[] = [];
  const packet = new Packet();
  packet.alloc();
  for (const frame of [...frames, null]) {
    ok(context.sendFrameSync(frame));
    while (context.receivePacketSync(packet) >= 0) {
      packets.push(must(packet.clone()));
      packet.unref();
    }
    frame?.free();
  }
  packet.free();
  return packets;
}

/** To be shown turned clockwise by 90°: 16.16 fixed point, the last column 2.30 (ISO/IEC 14496-12 §8.2.2). */
const QUARTER_TURN = Buffer.from(Int32Array.of(0, 65536, 0, -65536, 0, 0, 0, 0, 1 << 30).buffer);

async function addVideo(output: FormatContext, source: RichSource): Promise<Track> {
  const timeBase = new Rational(...source.timeBase);
  const context = new CodecContext();
  const name = source.video ?? 'libx264';
  const codec = must(Codec.findEncoderByName(name as FFVideoEncoder));
  context.allocContext3(codec);
  context.width = WIDTH;
  context.height = HEIGHT;
  context.pixelFormat = AV_PIX_FMT_YUV420P;
  context.timeBase = timeBase;
  context.setFlags(AV_CODEC_FLAG_GLOBAL_HEADER);
  const fast =
    name === 'libx264' ? { preset: 'ultrafast', bf: '2' } : { deadline: 'realtime', 'cpu-used': '8' };
  const options = Dictionary.fromObject({ ...fast, crf: '20', g: '12' });
  ok(await context.open2(codec, options));
  const stream = output.newStream();
  ok(stream.codecpar.fromContext(context));
  stream.timeBase = timeBase;
  stream.metadata = Dictionary.fromObject({ ...source.videoMetadata });
  stream.setDisposition(AV_DISPOSITION_DEFAULT);
  if (source.rotation === 90) ok(stream.codecpar.addCodedSideData(AV_PKT_DATA_DISPLAYMATRIX, QUARTER_TURN));
  const frames = makeFrames(source.pts.length);
  for (const [index, frame] of frames.entries()) {
    frame.pts = must(source.pts[index]);
    frame.pictType = AV_PICTURE_TYPE_NONE;
  }
  const packets = encodeAll(context, frames);
  context.freeContext();
  return () => packets.map((packet) => timed(packet, timeBase, stream));
}

async function addSound(output: FormatContext, sound: Sound): Promise<Track> {
  const sampleRate = sound.sampleRate ?? 44100;
  const channels = sound.channels ?? 2;
  const sampleFormat = sound.sampleFormat ?? 'fltp';
  const context = new CodecContext();
  const codec = must(Codec.findEncoderByName(sound.encoder as FFAudioEncoder));
  context.allocContext3(codec);
  context.sampleRate = sampleRate;
  context.sampleFormat = avGetSampleFmtFromName(sampleFormat);
  context.channelLayout = avChannelLayoutDefault(channels);
  context.timeBase = new Rational(1, sampleRate);
  context.setFlags(AV_CODEC_FLAG_GLOBAL_HEADER);
  ok(await context.open2(codec, null));
  const stream = output.newStream();
  ok(stream.codecpar.fromContext(context));
  stream.timeBase = new Rational(1, sampleRate);
  stream.metadata = Dictionary.fromObject({ language: sound.language, title: sound.title });
  if (sound.isDefault === true) stream.setDisposition(AV_DISPOSITION_DEFAULT);
  const frames = soundFrames(sound, sampleRate, channels, sampleFormat, context.frameSize || 1024);
  const start = BigInt(Math.round((sound.startSeconds ?? 0) * sampleRate));
  for (const frame of frames) frame.pts += start;
  const packets = encodeAll(context, frames);
  context.freeContext();
  return () => packets.map((packet) => timed(packet, new Rational(1, sampleRate), stream));
}

/** A tone, or silence with a click of 10 ms in it. */
function soundFrames(
  sound: Sound,
  sampleRate: number,
  channels: number,
  sampleFormat: string,
  frameSize: number,
): Frame[] {
  const click = sound.clickAtSeconds;
  const wave =
    click === undefined
      ? '0.2*sin(2*PI*440*t)'
      : `0.8*between(t\\,${click}\\,${click + 0.01})*sin(2*PI*1000*t)`;
  const graph = new FilterGraph();
  graph.alloc();
  const names: [string, string | null][] = [
    ['aevalsrc', `${Array(channels).fill(wave).join('|')}:s=${sampleRate}:d=${sound.seconds}`],
    ['aformat', `sample_fmts=${sampleFormat}`],
    ['asetnsamples', `n=${frameSize}:p=0`],
    ['abuffersink', null],
  ];
  const filters = names.map(([name, options]) =>
    must(graph.createFilter(must(Filter.getByName(name)), name, options)),
  );
  for (let i = 1; i < filters.length; i++) ok(must(filters[i - 1]).link(0, must(filters[i]), 0));
  ok(graph.configSync());
  const sink = must(filters.at(-1));
  const frames: Frame[] = [];
  const frame = new Frame();
  frame.alloc();
  while (sink.buffersinkGetFrameSync(frame) >= 0) {
    frames.push(must(frame.clone()));
    frame.unref();
  }
  frame.free();
  graph.free();
  return frames;
}

const TEXT_CODECS = {
  subrip: AV_CODEC_ID_SUBRIP,
  ass: AV_CODEC_ID_ASS,
  webvtt: AV_CODEC_ID_WEBVTT,
  mov_text: AV_CODEC_ID_MOV_TEXT,
};

export const ASS_HEADER =
  '[Script Info]\nScriptType: v4.00+\n\n[V4+ Styles]\nFormat: Name, Fontname, Fontsize\nStyle: Default,Arial,20\n\n[Events]\nFormat: Layer, Start, End, Style, Name, MarginL, MarginR, MarginV, Effect, Text\n';

/** A tx3g sample entry's fields after the common ones (ETSI TS 126 245 §5.16): box, style and an empty font table. */
const TX3G_HEADER = Buffer.from(
  '00000000' +
    '01ff' +
    '00000000' +
    '0000000000000000' +
    '0000' +
    '0000' +
    '0001' +
    '00' +
    '12' +
    'ffffffff' +
    '00000012' +
    '66746162' +
    '0001' +
    '0001' +
    '05' +
    '5365726966',
  'hex',
);

function addText(output: FormatContext, text: Text): Track {
  const stream = output.newStream();
  stream.codecpar.codecType = AVMEDIA_TYPE_SUBTITLE;
  stream.codecpar.codecId = TEXT_CODECS[text.codec];
  if (text.codec === 'ass') stream.codecpar.extradata = Buffer.from(ASS_HEADER);
  if (text.codec === 'mov_text') stream.codecpar.extradata = TX3G_HEADER;
  stream.timeBase = new Rational(1, 1000);
  stream.metadata = Dictionary.fromObject({ language: text.language, title: text.title });
  if (text.isForced === true) stream.setDisposition(AV_DISPOSITION_FORCED);
  return () =>
    text.cues.map(([start, end, words], index) => {
      const packet = new Packet();
      packet.alloc();
      packet.data = cueBytes(text.codec, index, words);
      packet.pts = BigInt(Math.round(start * 1000));
      packet.dts = packet.pts;
      packet.duration = BigInt(Math.round((end - start) * 1000));
      packet.setFlags(AV_PKT_FLAG_KEY);
      return timed(packet, new Rational(1, 1000), stream);
    });
}

function cueBytes(codec: Text['codec'], index: number, words: string): Buffer {
  const bytes = Buffer.from(words);
  if (codec === 'ass') return Buffer.from(`${index},0,Default,,0,0,0,,${words}`);
  if (codec !== 'mov_text') return bytes;
  return Buffer.concat([Buffer.from([bytes.length >> 8, bytes.length & 255]), bytes]);
}

function addAttachment(output: FormatContext, name: string, bytes: Uint8Array): void {
  const isPicture = name.endsWith('.png');
  const stream = output.newStream();
  stream.codecpar.codecType = AVMEDIA_TYPE_ATTACHMENT;
  stream.codecpar.codecId = isPicture ? AV_CODEC_ID_PNG : AV_CODEC_ID_TTF;
  stream.codecpar.extradata = Buffer.from(bytes);
  const mimetype = isPicture ? 'image/png' : 'application/x-truetype-font';
  stream.metadata = Dictionary.fromObject({ filename: name, mimetype });
}

export function must<T>(value: T | null | undefined): T {
  if (value === null || value === undefined) throw new Error('a part of the test source could not be made');
  return value;
}
