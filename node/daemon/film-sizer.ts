import { type FrameRange, frameCount } from '../../src/media/frame-range.ts';
import { copiedShare, type FilmSize, soundBytes } from '../../src/quality/size-goal.ts';
import type { JobScan } from './job-scan.ts';
import type { PreparedJob } from './prepare-job.ts';

/** Tells how long a film is and what its file holds besides the picture, the better the further the scan is. */
export class FilmSizer {
  readonly #prepared: PreparedJob;
  readonly #scan: JobScan;
  #frames = 0;
  /** Of the source's own video, in the frames so far. */
  #videoBytes = 0;

  constructor(prepared: PreparedJob, scan: JobScan) {
    this.#prepared = prepared;
    this.#scan = scan;
  }

  async see(range: FrameRange): Promise<void> {
    // Packets are in decode order: those of a chunk are not all its own, those of all chunks are all.
    const packets = await this.#scan.reading.files.packets(range.startFrame, range.endFrame);
    this.#frames += frameCount(range);
    this.#videoBytes += packets.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0);
  }

  get size(): FilmSize {
    const { source, settings } = this.#prepared;
    const estimate = Math.max(source.video.frameCountEstimate ?? 0, this.#frames);
    const frames = this.#scan.summary?.frameCount ?? estimate;
    const { num, den } = settings.picture.frameRate;
    const isEven = !source.video.isVariableFrameRate || source.durationSeconds === null;
    const seconds = isEven ? (frames * den) / num : (source.durationSeconds ?? 0);
    return { frameCount: frames, seconds, otherBytes: this.#otherBytes(frames, seconds) };
  }

  #otherBytes(frames: number, seconds: number): number {
    const { source, carry } = this.#prepared;
    const transcoded = carry.streams.flatMap(({ index, transcode }) => {
      if (transcode === null) return [];
      const channels = transcode.channels ?? source.streams[index]?.channels ?? 2;
      return [{ bitrateKbps: transcode.bitrateKbps, channels }];
    });
    const video = this.#frames === 0 ? 0 : (this.#videoBytes * frames) / this.#frames;
    const kept = carry.streams.filter(({ action, transcode }) => action !== 'drop' && transcode === null);
    const copied = new Set(kept.map(({ index }) => index));
    const others = source.streams
      .filter(({ index }) => index !== source.video.streamIndex)
      .map((stream) => ({ ...stream, isCopied: copied.has(stream.index) }));
    const otherBytes = Math.max(0, source.identity.sizeBytes - video);
    return soundBytes(transcoded, seconds) + otherBytes * copiedShare(others);
  }
}
