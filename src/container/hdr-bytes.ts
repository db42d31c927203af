import type { Rational } from '../media/rational.ts';
import type { ContentLight, MasteringDisplay } from '../media/source-video.ts';

/** Mastering display metadata as FFmpeg 8 keeps it in memory (AVMasteringDisplayMetadata, little endian). */
export function masteringDisplayBytes(display: MasteringDisplay): Uint8Array {
  const { red, green, blue, white, minLuminance, maxLuminance } = display;
  const fractions: Rational[] = [...red, ...green, ...blue, ...white, minLuminance, maxLuminance];
  const words = [...fractions.flatMap(({ num, den }) => [num, den]), 1, 1];
  return int32s(words);
}

/** Content light levels as FFmpeg 8 keeps them in memory (AVContentLightMetadata, little endian). */
export function contentLightBytes(light: ContentLight): Uint8Array {
  return int32s([light.maxContent, light.maxFrameAverage]);
}

function int32s(words: readonly number[]): Uint8Array {
  const bytes = new Uint8Array(words.length * 4);
  const view = new DataView(bytes.buffer);
  for (const [index, word] of words.entries()) view.setInt32(index * 4, word, true);
  return bytes;
}
