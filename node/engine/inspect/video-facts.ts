import {
  AV_FRAME_DATA_CONTENT_LIGHT_LEVEL,
  AV_FRAME_DATA_DOVI_METADATA,
  AV_FRAME_DATA_DOVI_RPU_BUFFER,
  AV_FRAME_DATA_DYNAMIC_HDR_PLUS,
  AV_FRAME_DATA_MASTERING_DISPLAY_METADATA,
  AV_FRAME_FLAG_INTERLACED,
  AV_NOPTS_VALUE,
  AV_PKT_DATA_CONTENT_LIGHT_LEVEL,
  AV_PKT_DATA_DISPLAYMATRIX,
  AV_PKT_DATA_DOVI_CONF,
  AV_PKT_DATA_MASTERING_DISPLAY_METADATA,
  type AVPixelFormat,
} from 'node-av/constants';
import {
  avGetCodecName,
  avGetPixFmtName,
  type CodecContext,
  type CodecParameters,
  type FormatContext,
  Frame,
  Packet,
  type Stream,
} from 'node-av/lib';
import {
  chooseFrameRate,
  measureRate,
  type PacketTimes,
  steadyTimes,
} from '../../../src/media/frame-rate.ts';
import { readPixelFormat } from '../../../src/media/pixel-format.ts';
import type { Rational } from '../../../src/media/rational.ts';
import type { Colour, ContentLight, MasteringDisplay, VideoFacts } from '../../../src/media/source-video.ts';
import { codecFactsOf, openDecoder } from '../media/decoder.ts';
import { needsDolbyVision, readContentLight, readMasteringDisplay, readRotation } from './hdr-facts.ts';

/** Enough to see whether frames come evenly, and few enough to read at once from any disk. */
const MAX_PACKETS = 400;
const MAX_BYTES = 64 * 1024 * 1024;
/** Pictures that are looked at: interlaced streams may begin with progressive ones. */
const MAX_FRAMES = 8;

/** What the first pictures tell that headers do not. */
interface FirstPictures {
  readonly width: number;
  readonly height: number;
  readonly format: AVPixelFormat;
  readonly colour: Colour;
  readonly sampleAspectRatio: Rational;
  readonly isInterlaced: boolean;
  readonly masteringDisplay: MasteringDisplay | null;
  readonly contentLight: ContentLight | null;
  readonly hasDolbyVision: boolean;
  readonly hasHdr10Plus: boolean;
}

/**
 * Reads the beginning of the video stream and says what it is.
 *
 * @throws a sentence when the codec is not known or no picture can be decoded.
 */
export async function videoFacts(path: string, format: FormatContext, stream: Stream): Promise<VideoFacts> {
  const { codecpar } = stream;
  const codec = avGetCodecName(codecpar.codecId) ?? 'unknown';
  const timeBase = { num: stream.timeBase.num, den: stream.timeBase.den };
  const { pictures, timestamps } = await readBeginning(path, format, stream, codec);
  const measured = measureRate(timestamps, timeBase);
  const frameRate = chooseFrameRate(measured, {
    base: stream.rFrameRate,
    average: stream.avgFrameRate,
    coded: codecpar.frameRate,
  });
  const pixelFormat = avGetPixFmtName(pictures.format) ?? 'unknown';
  const side = (type: Parameters<CodecParameters['getCodedSideData']>[0]): Buffer | null =>
    codecpar.getCodedSideData(type);
  return {
    streamIndex: stream.index,
    codec,
    width: pictures.width,
    height: pictures.height,
    laterSizes: [],
    pixelFormat,
    bitDepth: readPixelFormat(pixelFormat).bitDepth,
    frameRate: { num: frameRate.num, den: frameRate.den },
    timeBase,
    isVariableFrameRate: measured.isVariable,
    sampleAspectRatio: chooseAspect(stream.sampleAspectRatio, pictures.sampleAspectRatio),
    rotation: readRotation(side(AV_PKT_DATA_DISPLAYMATRIX)),
    isInterlaced: pictures.isInterlaced,
    colour: mergeColour(pictures.colour, codecpar),
    masteringDisplay:
      readMasteringDisplay(side(AV_PKT_DATA_MASTERING_DISPLAY_METADATA)) ?? pictures.masteringDisplay,
    contentLight: readContentLight(side(AV_PKT_DATA_CONTENT_LIGHT_LEVEL)) ?? pictures.contentLight,
    hasDolbyVision: side(AV_PKT_DATA_DOVI_CONF) !== null || pictures.hasDolbyVision,
    needsDolbyVision: needsDolbyVision(side(AV_PKT_DATA_DOVI_CONF)),
    hasHdr10Plus: pictures.hasHdr10Plus,
    frameCountEstimate: estimateFrames(format, stream, frameRate),
  };
}

interface Beginning {
  readonly pictures: FirstPictures;
  /** Sorted, in the stream's time base; those that tell how evenly frames come. */
  readonly timestamps: bigint[];
}

async function readBeginning(
  path: string,
  format: FormatContext,
  stream: Stream,
  codec: string,
): Promise<Beginning> {
  const decoder = await openDecoder(codecFactsOf(stream, null));
  const packet = new Packet();
  packet.alloc();
  const seen = new PictureReader(decoder);
  const times: PacketTimes[] = [];
  let isWhole = false;
  let bytes = 0;
  try {
    while (times.length < MAX_PACKETS && bytes < MAX_BYTES) {
      isWhole = (await format.readFrame(packet)) < 0;
      if (isWhole) break;
      bytes += packet.size;
      if (packet.streamIndex === stream.index) {
        times.push({ pts: known(packet.pts), dts: known(packet.dts), isKeyframe: packet.isKeyframe });
        await seen.give(packet);
      }
      packet.unref();
    }
    const pictures = seen.pictures ?? (await seen.flush());
    if (pictures === null) {
      throw new Error(
        `No picture could be decoded from the beginning of ${path} (${codec}): the file is damaged or encrypted.`,
      );
    }
    return { pictures, timestamps: steadyTimes(times, isWhole) };
  } finally {
    packet.free();
    seen.free();
    decoder.freeContext();
  }
}

/** Decodes until enough pictures were seen. */
class PictureReader {
  readonly #decoder: CodecContext;
  readonly #frame = new Frame();
  #count = 0;
  #pictures: FirstPictures | null = null;

  constructor(decoder: CodecContext) {
    this.#decoder = decoder;
    this.#frame.alloc();
  }

  get pictures(): FirstPictures | null {
    return this.#pictures;
  }

  async give(packet: Packet): Promise<void> {
    if (this.#count >= MAX_FRAMES) return;
    await this.#decoder.sendPacket(packet);
    await this.#drain();
  }

  /** For streams so short that the decoder holds all of their frames back. */
  async flush(): Promise<FirstPictures | null> {
    await this.#decoder.sendPacket(null);
    await this.#drain();
    return this.#pictures;
  }

  free(): void {
    this.#frame.free();
  }

  async #drain(): Promise<void> {
    while ((await this.#decoder.receiveFrame(this.#frame)) >= 0) {
      this.#count++;
      const isInterlaced = this.#frame.hasFlags(AV_FRAME_FLAG_INTERLACED);
      this.#pictures ??= describe(this.#frame);
      if (isInterlaced && !this.#pictures.isInterlaced) this.#pictures = { ...this.#pictures, isInterlaced };
      this.#frame.unref();
    }
  }
}

function describe(frame: Frame): FirstPictures {
  const aspect = frame.sampleAspectRatio;
  return {
    width: frame.width,
    height: frame.height,
    format: frame.format as AVPixelFormat,
    colour: {
      primaries: frame.colorPrimaries,
      transfer: frame.colorTrc,
      matrix: frame.colorSpace,
      range: frame.colorRange,
      chromaLocation: frame.chromaLocation,
    },
    sampleAspectRatio: { num: aspect.num, den: aspect.den },
    isInterlaced: frame.hasFlags(AV_FRAME_FLAG_INTERLACED),
    masteringDisplay: readMasteringDisplay(frame.getSideData(AV_FRAME_DATA_MASTERING_DISPLAY_METADATA)),
    contentLight: readContentLight(frame.getSideData(AV_FRAME_DATA_CONTENT_LIGHT_LEVEL)),
    hasDolbyVision:
      frame.getSideData(AV_FRAME_DATA_DOVI_METADATA) !== null ||
      frame.getSideData(AV_FRAME_DATA_DOVI_RPU_BUFFER) !== null,
    hasHdr10Plus: frame.getSideData(AV_FRAME_DATA_DYNAMIC_HDR_PLUS) !== null,
  };
}

const UNSPECIFIED = 2;

/** The bitstream's word counts; where it says nothing, the container's. */
function mergeColour(seen: Colour, told: CodecParameters): Colour {
  const either = (value: number, fallback: number, unknown: number): number =>
    value === unknown ? fallback : value;
  return {
    primaries: either(seen.primaries, told.colorPrimaries, UNSPECIFIED),
    transfer: either(seen.transfer, told.colorTrc, UNSPECIFIED),
    matrix: either(seen.matrix, told.colorSpace, UNSPECIFIED),
    range: either(seen.range, told.colorRange, 0),
    chromaLocation: either(seen.chromaLocation, told.chromaLocation, 0),
  };
}

/** The container's word counts, as in players; square where nobody says. */
function chooseAspect(container: Rational, picture: Rational): Rational {
  const known = [container, picture].find(({ num, den }) => num > 0 && den > 0);
  return known === undefined ? { num: 1, den: 1 } : { num: known.num, den: known.den };
}

const MICROSECONDS = 1_000_000;

function estimateFrames(format: FormatContext, stream: Stream, rate: Rational): number | null {
  const counted = Number(stream.nbFrames);
  if (counted > 0) return counted;
  const seconds = taggedSeconds(stream) ?? streamSeconds(format, stream);
  return seconds > 0 ? Math.max(1, Math.round((seconds * rate.num) / rate.den)) : null;
}

/** Matroska tells a track's end in a tag, as `HH:MM:SS.nnnnnnnnn` from the file's zero. */
function taggedSeconds(stream: Stream): number | null {
  const tag = /^(\d+):(\d+):(\d+(?:\.\d+)?)$/.exec(stream.metadata?.get('DURATION') ?? '');
  if (tag === null) return null;
  const [hours, minutes, seconds] = tag.slice(1).map(Number) as [number, number, number];
  const start = known(stream.startTime) ?? 0n;
  return hours * 3600 + minutes * 60 + seconds - (Number(start) * stream.timeBase.num) / stream.timeBase.den;
}

function streamSeconds(format: FormatContext, stream: Stream): number {
  const own = known(stream.duration);
  if (own !== null) return (Number(own) * stream.timeBase.num) / stream.timeBase.den;
  return Number(known(format.duration) ?? 0n) / MICROSECONDS;
}

function known(time: bigint): bigint | null {
  return time === AV_NOPTS_VALUE ? null : time;
}
