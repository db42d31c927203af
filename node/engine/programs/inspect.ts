import { open } from 'node:fs/promises';
import { AV_NOPTS_VALUE } from 'node-av/constants';
import type { FormatContext } from 'node-av/lib';
import { beginsAsVideo, SIGNATURE_BYTES } from '../../../src/media/container-signature.ts';
import type { SourceVideo } from '../../../src/media/source-video.ts';
import { NoVideoError } from '../../no-video.ts';
import { checkWhole } from '../inspect/check-whole.ts';
import { laterSizes } from '../inspect/later-sizes.ts';
import { readChapters } from '../inspect/read-chapters.ts';
import { entriesOf, streamFacts } from '../inspect/stream-facts.ts';
import { videoFacts } from '../inspect/video-facts.ts';
import { chooseVideoStream, openSource, UnreadableFormat } from '../media/open-source.ts';
import type { InspectAnswer, InspectRequest } from '../messages.ts';
import type { Port } from '../port.ts';
import { readSourceIdentity } from '../source-identity.ts';

/** FFmpeg's AV_TIME_BASE. */
const MICROSECONDS = 1_000_000;

/**
 * Answers one request with what the file is, then with the sizes it has later; or with a sentence that says why it is
 * no video; or fails with one that says why it is not a source.
 */
export async function run(port: Port): Promise<void> {
  const { path } = (await port.receive()) as InspectRequest;
  const send = (answer: InspectAnswer): Promise<void> => port.send(answer);
  try {
    await answer(path, send);
  } catch (error) {
    if (!(error instanceof NoVideoError)) throw error;
    await send({ type: 'no-video', message: error.message });
  }
}

async function answer(path: string, send: (answer: InspectAnswer) => Promise<void>): Promise<void> {
  const format = await openSource(path).catch(async (error: unknown) => {
    const isNoVideo = error instanceof UnreadableFormat && !beginsAsVideo(await headOf(path));
    throw isNoVideo ? new NoVideoError(error.message) : error;
  });
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
  if (stream === undefined) throw new NoVideoError(noVideo(path, format));
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

async function headOf(path: string): Promise<Uint8Array> {
  const file = await open(path, 'r');
  try {
    const { buffer, bytesRead } = await file.read(new Uint8Array(SIGNATURE_BYTES), 0, SIGNATURE_BYTES, 0);
    return buffer.subarray(0, bytesRead);
  } finally {
    await file.close();
  }
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
