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

/** Streams that are not the video, where an encoder is not told its bitrate: by channel, in kb/s. */
const KBPS_A_CHANNEL = 64;

/** Bytes that a film's pictures may take. @param otherBytes of everything else in the file. */
export function pictureBytes(
  goal: SizeGoal,
  film: { readonly seconds: number; readonly frameCount: number; readonly otherBytes: number },
): number {
  if (goal.type === 'bitrate') return (goal.kbps * 1000 * film.seconds) / 8;
  const own = CONTAINER_BYTES.file + CONTAINER_BYTES.frame * film.frameCount;
  return Math.max(0, goal.bytes - film.otherBytes - own);
}

/** What transcoded sound will take. */
export function soundBytes(
  tracks: readonly { readonly bitrateKbps: number | null; readonly channels: number }[],
  seconds: number,
): number {
  const kbps = tracks.map(({ bitrateKbps, channels }) => bitrateKbps ?? KBPS_A_CHANNEL * channels);
  return (kbps.reduce((sum, each) => sum + each, 0) * 1000 * seconds) / 8;
}
