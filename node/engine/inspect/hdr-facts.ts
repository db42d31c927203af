import type { Rational } from '../../../src/media/rational.ts';
import type { ContentLight, MasteringDisplay } from '../../../src/media/source-video.ts';

/** AVMasteringDisplayMetadata: ten AVRationals (two ints each), then two flags. */
const MASTERING_DISPLAY_BYTES = 88;
const HAS_PRIMARIES_OFFSET = 80;
const HAS_LUMINANCE_OFFSET = 84;
/** AVContentLightMetadata: MaxCLL and MaxFALL. */
const CONTENT_LIGHT_BYTES = 8;
/** AVDOVIDecoderConfigurationRecord: a byte for each field; the base layer is compatible with nothing where it says 0. */
const DOVI_COMPATIBILITY_OFFSET = 7;
/** A display matrix: nine 32-bit fixed-point numbers (ISO/IEC 14496-12 §8.2.2). */
const DISPLAY_MATRIX_BYTES = 36;

/** Reads FFmpeg's side data of SMPTE ST 2086; null when there is none or it is not whole. */
export function readMasteringDisplay(data: Buffer | null): MasteringDisplay | null {
  if (data === null || data.length < MASTERING_DISPLAY_BYTES) return null;
  if (data.readInt32LE(HAS_PRIMARIES_OFFSET) === 0 || data.readInt32LE(HAS_LUMINANCE_OFFSET) === 0)
    return null;
  const rational = (index: number): Rational => ({
    num: data.readInt32LE(8 * index),
    den: data.readInt32LE(8 * index + 4),
  });
  const point = (index: number): [Rational, Rational] => [rational(index), rational(index + 1)];
  return {
    red: point(0),
    green: point(2),
    blue: point(4),
    white: point(6),
    minLuminance: rational(8),
    maxLuminance: rational(9),
  };
}

/** Reads FFmpeg's side data of CTA-861.3; null when there is none. */
export function readContentLight(data: Buffer | null): ContentLight | null {
  if (data === null || data.length < CONTENT_LIGHT_BYTES) return null;
  const light = { maxContent: data.readUInt32LE(0), maxFrameAverage: data.readUInt32LE(4) };
  return light.maxContent === 0 && light.maxFrameAverage === 0 ? null : light;
}

/** Whether the base layer of Dolby Vision is of no use by itself, by FFmpeg's side data of it. */
export function needsDolbyVision(data: Buffer | null): boolean {
  return data !== null && data.length > DOVI_COMPATIBILITY_OFFSET && data[DOVI_COMPATIBILITY_OFFSET] === 0;
}

/** Clockwise quarter turns that a display matrix asks for, in degrees. */
export function readRotation(data: Buffer | null): number {
  if (data === null || data.length < DISPLAY_MATRIX_BYTES) return 0;
  const degrees = (Math.atan2(data.readInt32LE(4), data.readInt32LE(0)) * 180) / Math.PI;
  return (((Math.round(degrees / 90) * 90) % 360) + 360) % 360;
}
