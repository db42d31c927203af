import { AV_NOPTS_VALUE } from 'node-av/constants';
import type { FormatContext } from 'node-av/lib';
import type { SourceVideo } from '../../../src/media/source-video.ts';
import { checkWhole } from '../inspect/check-whole.ts';
import { laterSizes } from '../inspect/later-sizes.ts';
import { readChapters } from '../inspect/read-chapters.ts';
import { entriesOf, streamFacts } from '../inspect/stream-facts.ts';
import { videoFacts } from '../inspect/video-facts.ts';
import { chooseVideoStream, openSource } from '../media/open-source.ts';
import type { InspectAnswer, InspectRequest } from '../messages.ts';
import type { Port } from '../port.ts';
import { readSourceIdentity } from '../source-identity.ts';

/** FFmpeg's AV_TIME_BASE. */
const MICROSECONDS = 1_000_000;

/**
 * Answers one request with what the file is, then with the sizes it has later; or fails with a sentence that says why
 * it is not a source.
 */
export async function run(port: Port): Promise<void> {
  const request = (await port.receive()) as InspectRequest;
  const { path } = request;
  const send = (answer: InspectAnswer): Promise<void> => port.send(answer);
  const format = await openSource(path);
  try {
    const source = await inspect(path, format);
    await send({ type: 'inspected', source });
    const stream = format.streams[source.video.streamIndex];
    if (stream === undefined) return;
    const { sizeBytes } = source.identity;
    await send({ type: 'looked', laterSizes: await laterSizes(format, stream, sizeBytes, source.video) });
  } finally {
    await format.closeInput();
  }
}

async function inspect(path: string, format: FormatContext): Promise<SourceVideo> {
  const identity = await readSourceIdentity(path);
  const name = format.iformat?.name ?? 'unknown';
  const stream = chooseVideoStream(format);
  if (stream === undefined) throw new Error(noVideo(path, format));
  await checkWhole(path, name);
  const video = await videoFacts(path, format, stream);
  return {
    path,
    format: name,
    identity,
    durationSeconds: durationOf(format.duration),
    startSeconds: format.startTime === AV_NOPTS_VALUE ? 0 : Number(format.startTime) / MICROSECONDS,
    video,
    streams: format.streams.map(streamFacts),
    chapters: await readChapters(path, name),
    metadata: entriesOf(format.metadata),
  };
}

function noVideo(path: string, format: FormatContext): string {
  const kinds = format.streams.map((stream) => {
    const { kind, dispositions } = streamFacts(stream);
    return dispositions.includes('attached_pic') ? 'a cover picture' : kind;
  });
  const found =
    kinds.length === 0 ? 'nothing was found in it' : `it holds ${[...new Set(kinds)].join(' and ')} only`;
  return `${path} has no video stream: ${found}.`;
}

function durationOf(microseconds: bigint): number | null {
  return microseconds === AV_NOPTS_VALUE || microseconds <= 0n ? null : Number(microseconds) / MICROSECONDS;
}
