import type { StreamFacts } from '../media/source-video.ts';

/** What a whole film is to take: its video a second on average, or its file with all that is carried. */
export type SizeGoal =
  | { readonly type: 'bitrate'; readonly kbps: number }
  | { readonly type: 'size'; readonly bytes: number };

/** A goal and the CRFs among which it is looked for; null: by the encoder's scale. */
export interface Budget {
  readonly goal: SizeGoal;
  readonly minCrf: number | null;
  readonly maxCrf: number | null;
}

/** A file's own words around each picture, and around the whole. */
const CONTAINER_BYTES = { frame: 12, file: 4000 };

/** Of sound that tells no bitrate, or whose encoder is told none. */
const KBPS_A_CHANNEL = 64;

/** How long a film is, and what else its file holds, as far as is known: it grows while the scan goes on. */
export interface FilmSize {
  readonly seconds: number;
  readonly frameCount: number;
  /** Of everything but the picture. */
  readonly otherBytes: number;
}

/** Bytes that a film's pictures may take. */
export function pictureBytes(goal: SizeGoal, film: FilmSize): number {
  if (goal.type === 'bitrate') return (goal.kbps * 1000 * film.seconds) / 8;
  const own = CONTAINER_BYTES.file + CONTAINER_BYTES.frame * film.frameCount;
  return Math.max(0, goal.bytes - film.otherBytes - own);
}

/** A stream of the source that is not its picture. */
export interface OtherStream {
  readonly kind: StreamFacts['kind'];
  readonly channels: number | null;
  /** null: nobody knows. */
  readonly bitrateKbps: number | null;
  /** Whether it goes into the file as it is. */
  readonly isCopied: boolean;
}

/** Of streams that are neither picture nor sound: subtitles are pictures at most, and seldom. */
const KBPS_OF_OTHERS = 5;

/** Share of all that a source holds beside its picture that goes into the file as it is. */
export function copiedShare(streams: readonly OtherStream[]): number {
  const sum = (some: readonly OtherStream[]) => some.reduce((kbps, one) => kbps + likelyKbps(one), 0);
  const all = sum(streams);
  return all === 0 ? 0 : sum(streams.filter(({ isCopied }) => isCopied)) / all;
}

function likelyKbps({ kind, channels, bitrateKbps }: OtherStream): number {
  return bitrateKbps ?? (kind === 'audio' ? KBPS_A_CHANNEL * (channels ?? 2) : KBPS_OF_OTHERS);
}

/** What transcoded sound will take. */
export function soundBytes(
  tracks: readonly { readonly bitrateKbps: number | null; readonly channels: number }[],
  seconds: number,
): number {
  const kbps = tracks.map(({ bitrateKbps, channels }) => bitrateKbps ?? KBPS_A_CHANNEL * channels);
  return (kbps.reduce((sum, each) => sum + each, 0) * 1000 * seconds) / 8;
}
