import type { StreamFacts } from '../media/source-video.ts';

/**
 * Tags that describe the source's file and not what is in it: they would be wrong in the output, or are written anew
 * by its muxer. Compared in lower case, without the language that Matroska's statistics end in (`BPS-eng`).
 */
const STALE = new Set([
  ...['encoder', 'encoded_by', 'duration', 'bps', 'number_of_frames', 'number_of_bytes', 'source_id'],
  ...['major_brand', 'minor_version', 'compatible_brands', 'vendor_id', 'handler_name', 'rotate'],
]);

/** A container's or a stream's tags, without those that only described the source's file. */
export function carriedMetadata(metadata: Readonly<Record<string, string>>): Record<string, string> {
  return Object.fromEntries(Object.entries(metadata).filter(([name]) => !isStale(name)));
}

function isStale(name: string): boolean {
  const plain = name.toLowerCase();
  return plain.startsWith('_statistics') || STALE.has(plain) || STALE.has(plain.replace(/-[a-z]{3}$/, ''));
}

/**
 * A stream's tags for the output: its own, with the title and language under the names that muxers know. `name` is
 * what QuickTime calls a track's title.
 */
export function carriedStreamMetadata(stream: StreamFacts): Record<string, string> {
  const { language } = stream;
  const title = stream.title ?? stream.metadata.name ?? null;
  const rest = Object.entries(carriedMetadata(stream.metadata)).filter(
    ([name]) => !['title', 'name', 'language'].includes(name.toLowerCase()),
  );
  return {
    ...Object.fromEntries(rest),
    ...(title === null ? {} : { title }),
    ...(language === null || language === 'und' ? {} : { language }),
  };
}
