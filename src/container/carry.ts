import type { VideoCodec } from '../encoder/encoder-definition.ts';
import type { SourceVideo, StreamFacts } from '../media/source-video.ts';
import { type AudioChoice, chosenAudio } from './choose-audio.ts';
import { CODEC_NAMES, CONTAINER_NAMES, fits, fitsVideo, isTimedText } from './fits.ts';
import { MAX_CHAPTERS } from './matroska-chapters.ts';

/** The container of the output, chosen by its name. */
export type OutputContainer = 'matroska' | 'mp4' | 'webm';

/** Parameters of a transcoded audio track: typed data from `--audio_params`. Null is "suited to the source". */
export interface AudioTranscode {
  readonly codec: 'opus' | 'aac' | 'flac';
  readonly bitrateKbps: number | null;
  readonly channels: number | null;
  /** How much of the LFE channel a downmix takes in, 0 to 2; FFmpeg's own default is 0. */
  readonly lfeMixLevel: number | null;
}

/** What the user wants of everything but the picture. */
export interface CarryWishes {
  readonly audio: 'copy' | 'drop' | AudioTranscode;
  /** null: all tracks. */
  readonly audioChoice: AudioChoice | null;
  readonly subtitles: 'copy' | 'drop';
  readonly attachments: 'copy' | 'drop';
  readonly chapters: boolean;
}

/**
 * What becomes of one stream of the source. Decided and printed before anything is encoded.
 * `attach`: an attached picture becomes an attachment; `convert-text`: timed text becomes SubRip.
 */
export interface CarriedStream {
  readonly index: number;
  readonly action: 'copy' | 'transcode' | 'attach' | 'convert-text' | 'drop';
  readonly transcode: AudioTranscode | null;
  /** One sentence for the user: what is kept, converted or lost, and why. */
  readonly note: string;
}

/**
 * What the output will carry of the source. The chosen video stream is not among the streams: it is encoded, and what
 * becomes of its picture is told by src/media/conversions.ts.
 */
export interface CarryPlan {
  readonly container: OutputContainer;
  readonly streams: readonly CarriedStream[];
  readonly keepsChapters: boolean;
  /** What is lost or converted, a sentence each. */
  readonly notes: readonly string[];
}

const EXTENSIONS: Readonly<Record<string, OutputContainer>> = {
  mkv: 'matroska',
  mp4: 'mp4',
  m4v: 'mp4',
  webm: 'webm',
};

/** The container that an output's name asks for. Throws a sentence when the name asks for none that we write. */
export function containerOf(outputPath: string): OutputContainer {
  const name = outputPath.split(/[/\\]/).at(-1) ?? '';
  const dot = name.lastIndexOf('.');
  const extension = dot < 0 ? '' : name.slice(dot + 1).toLowerCase();
  const container = EXTENSIONS[extension];
  if (container !== undefined) return container;
  const got = extension === '' ? 'has no extension' : `ends in .${extension}`;
  throw new Error(
    `The output's name ${got}; it chooses the container, so it must end in .mkv, .mp4, .m4v or .webm.`,
  );
}

/** Throws a sentence when the container does not hold what the encoder writes. */
export function refuseUnlessHeld(container: OutputContainer, codec: VideoCodec): void {
  if (fitsVideo(container, codec)) return;
  throw new Error(
    `${CONTAINER_NAMES[container]} does not hold ${CODEC_NAMES[codec]}. Name the output .mkv or .mp4, or choose an --encoder that writes AV1.`,
  );
}

/**
 * Decides what the output carries of each stream of the source.
 *
 * @throws one sentence for each stream that does not fit the container, with the flag that drops or converts it.
 */
export function planCarry(source: SourceVideo, container: OutputContainer, wishes: CarryWishes): CarryPlan {
  const { audioChoice } = wishes;
  const chosen =
    audioChoice === null || wishes.audio === 'drop' ? null : chosenAudio(source.streams, audioChoice);
  const isChosen = (stream: StreamFacts) => stream.kind !== 'audio' || (chosen?.includes(stream) ?? true);
  const decisions = source.streams
    .filter(({ index }) => index !== source.video.streamIndex)
    .map((stream) =>
      isChosen(stream) ? decide(stream, container, wishes) : drop(stream, unchosenBy(audioChoice)),
    );
  const refusals = decisions.flatMap((decision) => ('refusal' in decision ? [decision.refusal] : []));
  if (refusals.length > 0) throw new Error(refusals.join('\n'));
  const streams = decisions.flatMap((decision) => ('refusal' in decision ? [] : [decision]));
  const keepsChapters = wishes.chapters && source.chapters.length > 0 && container !== 'mp4';
  return {
    container,
    streams,
    keepsChapters,
    notes: [
      ...streams.filter(({ action }) => action !== 'copy').map(({ note }) => note),
      ...chapterNotes(source, container, wishes),
      ...timestampNotes(source, container),
    ],
  };
}

function unchosenBy(choice: AudioChoice | null): string {
  return `is left out, as --audio-${choice?.type === 'languages' ? 'lang' : 'tracks'} asks`;
}

type Decision = CarriedStream | { readonly refusal: string };

function decide(stream: StreamFacts, container: OutputContainer, wishes: CarryWishes): Decision {
  switch (stream.kind) {
    case 'audio':
      return decideAudio(stream, container, wishes.audio);
    case 'subtitle':
      return decideSubtitle(stream, container, wishes.subtitles);
    case 'attachment':
      return decideAttachment(stream, container, wishes.attachments);
    case 'video':
      return decideVideo(stream, container, wishes.attachments);
    case 'data':
      return drop(stream, 'is left out: only picture, sound, subtitles and attachments are carried');
  }
}

function decideAudio(
  stream: StreamFacts,
  container: OutputContainer,
  wish: 'copy' | 'drop' | AudioTranscode,
): Decision {
  if (wish === 'drop') return drop(stream, 'is left out, as --no-audio asks');
  if (stream.sampleRate === 0 || stream.channels === 0) {
    return refuse(
      stream,
      'does not tell its sample rate or channels: it is empty or damaged. Leave it out with --no-audio, or choose others with --audio-tracks.',
    );
  }
  const into = CONTAINER_NAMES[container];
  if (wish === 'copy') {
    if (fits(container, 'audio', stream.codec)) return keep(stream, 'is copied unchanged');
    return refuse(
      stream,
      `cannot be stored in ${into} as it is. Convert all audio with --audio_params opus, choose others with --audio-tracks, leave it out with --no-audio${orMatroska(container, 'audio', stream.codec)}.`,
    );
  }
  if (!fits(container, 'audio', wish.codec)) {
    const others = (['opus', 'aac', 'flac'] as const).filter((codec) => fits(container, 'audio', codec));
    return refuse(
      stream,
      `cannot become ${wish.codec}: ${into} does not hold it. Use --audio_params ${others.join(' or ')}.`,
    );
  }
  return {
    index: stream.index,
    action: 'transcode',
    transcode: wish,
    note: `${nameOf(stream)} is transcoded to ${wish.codec}${detailsOf(wish)}.`,
  };
}

function detailsOf(wish: AudioTranscode): string {
  const details = [
    ...(wish.bitrateKbps === null ? [] : [`${wish.bitrateKbps} kb/s`]),
    ...(wish.channels === null ? [] : [wish.channels === 1 ? '1 channel' : `${wish.channels} channels`]),
  ];
  return details.length === 0 ? '' : ` (${details.join(', ')})`;
}

function decideSubtitle(stream: StreamFacts, container: OutputContainer, wish: 'copy' | 'drop'): Decision {
  if (wish === 'drop') return drop(stream, 'is left out, as --no-subtitles asks');
  if (fits(container, 'subtitle', stream.codec)) return keep(stream, 'is copied unchanged');
  if (container === 'matroska' && isTimedText(stream.codec)) {
    return {
      index: stream.index,
      action: 'convert-text',
      transcode: null,
      note: `${nameOf(stream)} becomes SubRip: text and times are kept, its styles and positions are not.`,
    };
  }
  return refuse(
    stream,
    `cannot be stored in ${CONTAINER_NAMES[container]}. Leave subtitles out with --no-subtitles${orMatroska(container, 'subtitle', stream.codec)}.`,
  );
}

function decideAttachment(stream: StreamFacts, container: OutputContainer, wish: 'copy' | 'drop'): Decision {
  if (wish === 'drop') return drop(stream, 'is left out, as --no-attachments asks');
  if (container === 'matroska') return keep(stream, 'is copied unchanged');
  return refuse(
    stream,
    `cannot be stored in ${CONTAINER_NAMES[container]}, which has no attachments. Leave them out with --no-attachments, or name the output .mkv.`,
  );
}

function decideVideo(stream: StreamFacts, container: OutputContainer, wish: 'copy' | 'drop'): CarriedStream {
  if (!stream.dispositions.includes('attached_pic')) {
    return drop(stream, 'is left out: one video stream is encoded, and the output holds that one');
  }
  if (wish === 'drop') return drop(stream, 'is an attached picture and left out, as --no-attachments asks');
  if (container !== 'matroska' || !(stream.codec in PICTURE_TYPES)) {
    return drop(
      stream,
      `is an attached picture and left out: ${CONTAINER_NAMES[container]} output has no place for it`,
    );
  }
  return {
    index: stream.index,
    action: 'attach',
    transcode: null,
    note: `${nameOf(stream)} is an attached picture and becomes an attachment.`,
  };
}

/** MIME types and file name endings of the attached pictures that can become attachments, by FFmpeg's codec name. */
export const PICTURE_TYPES: Readonly<Record<string, { readonly mimeType: string; readonly ending: string }>> =
  {
    mjpeg: { mimeType: 'image/jpeg', ending: 'jpg' },
    png: { mimeType: 'image/png', ending: 'png' },
    gif: { mimeType: 'image/gif', ending: 'gif' },
    webp: { mimeType: 'image/webp', ending: 'webp' },
    bmp: { mimeType: 'image/bmp', ending: 'bmp' },
  };

function chapterNotes(source: SourceVideo, container: OutputContainer, wishes: CarryWishes): string[] {
  const count = source.chapters.length;
  if (count === 0) return [];
  const name = count === 1 ? 'The chapter is' : `The ${count} chapters are`;
  if (!wishes.chapters) return [`${name} left out, as --no-chapters asks.`];
  if (container === 'mp4') return [`${name} left out: we write chapters to .mkv and .webm only.`];
  if (count < MAX_CHAPTERS) return [];
  return [`${MAX_CHAPTERS} chapters are carried at most; if the source has more, the rest is left out.`];
}

/** A tick that a container counts time in and that does not divide the source's moves timestamps by up to half of it. */
function timestampNotes(source: SourceVideo, container: OutputContainer): string[] {
  const { num, den } = source.video.timeBase;
  if (container === 'mp4' || (num * 1000) % den === 0) return [];
  return [
    `${CONTAINER_NAMES[container]} counts time in milliseconds: timestamps are rounded to the nearest.`,
  ];
}

/** Matroska as the way out, for a stream that it holds and the chosen container does not. */
function orMatroska(container: OutputContainer, kind: 'audio' | 'subtitle', codec: string): string {
  const helps = container !== 'matroska' && fits('matroska', kind, codec);
  return helps ? ', or name the output .mkv' : '';
}

/** Kind, number and what tells a stream from the others, as a sentence begins with it. */
export function nameOf(stream: StreamFacts): string {
  const language = stream.language === 'und' ? null : stream.language;
  // FFmpeg knows no codec of most attachments.
  const codec = stream.codec === 'none' ? (stream.metadata.filename ?? null) : stream.codec;
  const about = [codec, language, stream.title === null ? null : `“${stream.title}”`];
  const kind = {
    video: 'Video',
    audio: 'Audio',
    subtitle: 'Subtitle',
    attachment: 'Attachment',
    data: 'Data',
  };
  const words = about.filter((word) => word !== null).join(', ');
  return `${kind[stream.kind]} stream ${stream.index}${words === '' ? '' : ` (${words})`}`;
}

function keep(stream: StreamFacts, how: string): CarriedStream {
  return { index: stream.index, action: 'copy', transcode: null, note: `${nameOf(stream)} ${how}.` };
}

function drop(stream: StreamFacts, why: string): CarriedStream {
  return { index: stream.index, action: 'drop', transcode: null, note: `${nameOf(stream)} ${why}.` };
}

function refuse(stream: StreamFacts, why: string): Decision {
  return { refusal: `${nameOf(stream)} ${why}` };
}
