import {
  AV_DISPOSITION_ATTACHED_PIC,
  AV_DISPOSITION_TIMED_THUMBNAILS,
  AV_LOG_FATAL,
  AVERROR_INVALIDDATA,
  AVMEDIA_TYPE_VIDEO,
} from 'node-av/constants';
import { Dictionary, FFmpegError, FormatContext, Log, type Stream } from 'node-av/lib';

/** No format that FFmpeg knows, or one whose headers make no sense; the message is a sentence. */
export class UnreadableFormat extends Error {
  override readonly name = 'UnreadableFormat';
}

/**
 * Opens a file for demuxing and lets FFmpeg look at its streams. The caller closes it with `closeInput`.
 *
 * @throws UnreadableFormat, or another sentence, when it is not a media file that FFmpeg understands.
 */
export async function openSource(path: string): Promise<FormatContext> {
  // A damaged file would write a line for each of its packets to standard error.
  Log.setLevel(AV_LOG_FATAL);
  const format = new FormatContext();
  // Without the prefix a name like `http:x` or `concat:x` would be taken for an address; and a playlist in the file
  // must not open anything but files.
  const options = Dictionary.fromObject({ protocol_whitelist: 'file' });
  try {
    const opened = await format.openInput(`file:${path}`, null, options);
    if (opened < 0) throw notMedia(path, opened);
    const known = await format.findStreamInfo(null);
    if (known < 0) {
      await format.closeInput();
      throw notMedia(path, known);
    }
    return format;
  } finally {
    options.free();
  }
}

function notMedia(path: string, code: number): Error {
  if (code === AVERROR_INVALIDDATA) {
    return new UnreadableFormat(
      `${path} is not a video that can be read: its format is unknown, or the file is damaged or cut short.`,
    );
  }
  return new Error(`${path} cannot be opened as a video: ${new FFmpegError(code).message}.`);
}

/** The video stream that is encoded: FFmpeg's choice among those that are no cover pictures; undefined for none. */
export function chooseVideoStream(format: FormatContext): Stream | undefined {
  const isMovie = (stream: Stream | undefined): boolean =>
    stream?.codecpar.codecType === AVMEDIA_TYPE_VIDEO &&
    !stream.hasDisposition(AV_DISPOSITION_ATTACHED_PIC) &&
    !stream.hasDisposition(AV_DISPOSITION_TIMED_THUMBNAILS);
  const { streams } = format;
  const best = streams[format.findBestStream(AVMEDIA_TYPE_VIDEO)];
  return isMovie(best) ? best : streams.find(isMovie);
}
