import {
  AV_DISPOSITION_ATTACHED_PIC,
  AV_DISPOSITION_CAPTIONS,
  AV_DISPOSITION_CLEAN_EFFECTS,
  AV_DISPOSITION_COMMENT,
  AV_DISPOSITION_DEFAULT,
  AV_DISPOSITION_DEPENDENT,
  AV_DISPOSITION_DESCRIPTIONS,
  AV_DISPOSITION_DUB,
  AV_DISPOSITION_FORCED,
  AV_DISPOSITION_HEARING_IMPAIRED,
  AV_DISPOSITION_KARAOKE,
  AV_DISPOSITION_LYRICS,
  AV_DISPOSITION_METADATA,
  AV_DISPOSITION_NON_DIEGETIC,
  AV_DISPOSITION_ORIGINAL,
  AV_DISPOSITION_STILL_IMAGE,
  AV_DISPOSITION_TIMED_THUMBNAILS,
  AV_DISPOSITION_VISUAL_IMPAIRED,
  AVMEDIA_TYPE_ATTACHMENT,
  AVMEDIA_TYPE_AUDIO,
  AVMEDIA_TYPE_SUBTITLE,
  AVMEDIA_TYPE_VIDEO,
} from 'node-av/constants';
import { avGetCodecName, type Dictionary, type Stream } from 'node-av/lib';
import type { StreamFacts } from '../../../src/media/source-video.ts';

/** FFmpeg's names of dispositions (libavformat/options.c), as they are written back when muxing. */
const DISPOSITIONS: readonly (readonly [string, number])[] = [
  ['default', AV_DISPOSITION_DEFAULT],
  ['dub', AV_DISPOSITION_DUB],
  ['original', AV_DISPOSITION_ORIGINAL],
  ['comment', AV_DISPOSITION_COMMENT],
  ['lyrics', AV_DISPOSITION_LYRICS],
  ['karaoke', AV_DISPOSITION_KARAOKE],
  ['forced', AV_DISPOSITION_FORCED],
  ['hearing_impaired', AV_DISPOSITION_HEARING_IMPAIRED],
  ['visual_impaired', AV_DISPOSITION_VISUAL_IMPAIRED],
  ['clean_effects', AV_DISPOSITION_CLEAN_EFFECTS],
  ['attached_pic', AV_DISPOSITION_ATTACHED_PIC],
  ['timed_thumbnails', AV_DISPOSITION_TIMED_THUMBNAILS],
  ['non_diegetic', AV_DISPOSITION_NON_DIEGETIC],
  ['captions', AV_DISPOSITION_CAPTIONS],
  ['descriptions', AV_DISPOSITION_DESCRIPTIONS],
  ['metadata', AV_DISPOSITION_METADATA],
  ['dependent', AV_DISPOSITION_DEPENDENT],
  ['still_image', AV_DISPOSITION_STILL_IMAGE],
];

/** What is told of one stream, of whatever kind. */
export function streamFacts(stream: Stream): StreamFacts {
  const { codecpar, disposition } = stream;
  const metadata = entriesOf(stream.metadata);
  const isAudio = codecpar.codecType === AVMEDIA_TYPE_AUDIO;
  return {
    index: stream.index,
    kind: kindOf(codecpar.codecType),
    codec: avGetCodecName(codecpar.codecId) ?? 'unknown',
    language: metadata.language ?? null,
    title: metadata.title ?? null,
    dispositions: DISPOSITIONS.filter(([, bit]) => (disposition & bit) !== 0).map(([name]) => name),
    sampleRate: isAudio ? codecpar.sampleRate : null,
    channels: isAudio ? codecpar.channels : null,
    bitrateKbps: kbpsOf(codecpar.bitRate, metadata),
    metadata,
  };
}

/** mkvmerge writes `BPS`, older versions of it with a language behind. */
function kbpsOf(bitRate: bigint, metadata: Readonly<Record<string, string>>): number | null {
  const [, tagged] = Object.entries(metadata).find(([key]) => /^BPS(-|$)/.test(key)) ?? [];
  const bits = bitRate > 0n ? Number(bitRate) : Number(tagged ?? Number.NaN);
  return bits > 0 ? bits / 1000 : null;
}

function kindOf(type: number): StreamFacts['kind'] {
  switch (type) {
    case AVMEDIA_TYPE_VIDEO:
      return 'video';
    case AVMEDIA_TYPE_AUDIO:
      return 'audio';
    case AVMEDIA_TYPE_SUBTITLE:
      return 'subtitle';
    case AVMEDIA_TYPE_ATTACHMENT:
      return 'attachment';
    default:
      return 'data';
  }
}

/** A dictionary's entries; none for null. */
export function entriesOf(dictionary: Dictionary | null): Record<string, string> {
  return dictionary?.getAll() ?? {};
}
