import {
  AV_CHANNEL_LAYOUT_STEREO,
  AV_CODEC_FLAG_GLOBAL_HEADER,
  AV_CODEC_FLAG_INTERLACED_DCT,
  AV_CODEC_FLAG_INTERLACED_ME,
  AV_LOG_ERROR,
  AV_PIX_FMT_NONE,
  AV_SAMPLE_FMT_FLTP,
  AV_SAMPLE_FMT_S16,
  type AVPixelFormat,
  type FFAudioEncoder,
  type FFVideoEncoder,
} from 'node-av/constants';
import {
  avGetPixFmtFromName,
  Codec,
  CodecContext,
  CodecParameters,
  Dictionary,
  FFmpegError,
  Frame,
  Log,
  Packet,
  Rational,
} from 'node-av/lib';
import { drawFrame, type Film, frameCountOf } from './draw-frame.ts';

/** Encoded packets of one stream and what a muxer must know of it. */
export interface Track {
  readonly parameters: CodecParameters;
  readonly timeBase: readonly [number, number];
  readonly frameRate: readonly [number, number] | null;
  readonly packets: readonly TrackPacket[];
}

export interface TrackPacket {
  readonly data: Buffer;
  readonly pts: bigint;
  readonly dts: bigint;
  readonly duration: bigint;
  readonly flags: number;
}

export interface VideoRecipe {
  readonly codec: FFVideoEncoder | string;
  readonly options?: Readonly<Record<string, string>>;
  readonly frameRate: readonly [number, number];
  /** Presentation times in ticks of 1/frameRate; null for 0, 1, 2, … */
  readonly times?: readonly number[];
  readonly gop?: number;
  readonly bFrames?: number;
  readonly bitRate?: number;
  /** False where the container wants parameter sets in the stream: TS, PS, raw. */
  readonly globalHeader?: boolean;
  readonly colour?: readonly [primaries: number, transfer: number, matrix: number, range: number];
  /** Changes a drawn frame before it is encoded. */
  readonly retouch?: (frame: Frame, index: number) => void;
}

function check(result: number, step: string): void {
  if (result < 0) throw new Error(`${step}: ${new FFmpegError(result).message}`);
}

/** Encodes a film; ticks are frames, so that variable frame rates are lists of ticks. */
export function encodeFilm(film: Film, recipe: VideoRecipe): Promise<Track> {
  return encodePictures(film, recipe, async function* () {
    for (let index = 0; index < frameCountOf(film); index++) {
      const frame = drawFrame(film, index);
      recipe.retouch?.(frame, index);
      yield frame;
    }
  });
}

/** Encodes frames, each of which is freed afterwards. */
export async function encodePictures(
  film: Pick<Film, 'width' | 'height' | 'pixelFormat' | 'isInterlaced'>,
  recipe: VideoRecipe,
  frames: () => AsyncGenerator<Frame>,
): Promise<Track> {
  const { frameRate, times } = recipe;
  const context = openContext(recipe.codec);
  context.width = film.width;
  context.height = film.height;
  context.pixelFormat = (avGetPixFmtFromName(film.pixelFormat) ?? AV_PIX_FMT_NONE) as AVPixelFormat;
  context.timeBase = new Rational(frameRate[1], frameRate[0]);
  context.framerate = new Rational(frameRate[0], frameRate[1]);
  context.sampleAspectRatio = new Rational(1, 1);
  if (recipe.gop !== undefined) context.gopSize = recipe.gop;
  if (recipe.bFrames !== undefined) context.maxBFrames = recipe.bFrames;
  if (recipe.bitRate !== undefined) context.bitRate = BigInt(recipe.bitRate);
  if (recipe.globalHeader !== false) context.setFlags(AV_CODEC_FLAG_GLOBAL_HEADER);
  if (film.isInterlaced) context.setFlags(AV_CODEC_FLAG_INTERLACED_DCT, AV_CODEC_FLAG_INTERLACED_ME);
  if (recipe.colour !== undefined) {
    const [primaries, transfer, matrix, range] = recipe.colour;
    Object.assign(context, {
      colorPrimaries: primaries,
      colorTrc: transfer,
      colorSpace: matrix,
      colorRange: range,
    });
  }
  await openEncoder(context, recipe.options ?? {}, String(recipe.codec));
  return drainTrack(context, frameRate, async function* () {
    let index = 0;
    for await (const frame of frames()) {
      frame.pts = BigInt(times?.[index] ?? index);
      index += 1;
      yield frame;
    }
  });
}

/** A tone in stereo at 48 kHz. */
export async function encodeTone(codec: FFAudioEncoder | string, seconds: number): Promise<Track> {
  const isFloat = codec === 'aac';
  const context = openContext(codec);
  context.sampleRate = 48_000;
  context.channelLayout = AV_CHANNEL_LAYOUT_STEREO;
  context.sampleFormat = isFloat ? AV_SAMPLE_FMT_FLTP : AV_SAMPLE_FMT_S16;
  context.timeBase = new Rational(1, 48_000);
  context.setFlags(AV_CODEC_FLAG_GLOBAL_HEADER);
  await openEncoder(context, {}, String(codec));
  const size = context.frameSize > 0 ? context.frameSize : 1024;
  return drainTrack(context, null, async function* () {
    for (let start = 0; start < seconds * 48_000; start += size) {
      const frame = new Frame();
      frame.alloc();
      frame.nbSamples = size;
      frame.format = context.sampleFormat;
      frame.sampleRate = 48_000;
      frame.channelLayout = AV_CHANNEL_LAYOUT_STEREO;
      frame.allocBuffer();
      fillTone(frame, start, isFloat);
      frame.pts = BigInt(start);
      yield frame;
    }
  });
}

function fillTone(frame: Frame, start: number, isFloat: boolean): void {
  for (let i = 0; i < frame.nbSamples; i++) {
    const value = Math.sin(((start + i) * 2 * Math.PI * 440) / 48_000) * 0.3;
    for (let channel = 0; channel < 2; channel++) {
      if (isFloat) frame.extendedData?.[channel]?.writeFloatLE(value, 4 * i);
      else frame.data?.[0]?.writeInt16LE(Math.round(value * 32_000), 4 * i + 2 * channel);
    }
  }
}

function openContext(name: FFVideoEncoder | FFAudioEncoder | string): CodecContext {
  Log.setLevel(AV_LOG_ERROR);
  const codec = Codec.findEncoderByName(name as FFVideoEncoder);
  if (codec === null) throw new Error(`node-av has no encoder ${name}`);
  const context = new CodecContext();
  context.allocContext3(codec);
  return context;
}

async function openEncoder(
  context: CodecContext,
  options: Readonly<Record<string, string>>,
  name: string,
): Promise<void> {
  const dictionary = Dictionary.fromObject(options);
  check(await context.open2(null, dictionary), `the encoder ${name} was not opened`);
  dictionary.free();
}

async function drainTrack(
  context: CodecContext,
  frameRate: readonly [number, number] | null,
  frames: () => AsyncGenerator<Frame>,
): Promise<Track> {
  const packets: TrackPacket[] = [];
  const packet = new Packet();
  packet.alloc();
  const drain = async (): Promise<void> => {
    while ((await context.receivePacket(packet)) >= 0) {
      const { pts, dts, duration, flags } = packet;
      packets.push({ data: Buffer.from(packet.data ?? []), pts, dts, duration, flags });
      packet.unref();
    }
  };
  for await (const frame of frames()) {
    check(await context.sendFrame(frame), 'a frame was not taken');
    frame.free();
    await drain();
  }
  await context.sendFrame(null);
  await drain();
  packet.free();
  const parameters = new CodecParameters();
  parameters.alloc();
  check(parameters.fromContext(context), 'parameters were not copied');
  const timeBase = [context.timeBase.num, context.timeBase.den] as const;
  context.freeContext();
  return { parameters, timeBase, frameRate, packets };
}
