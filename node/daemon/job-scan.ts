import { createHash } from 'node:crypto';
import type { EncodeSettings } from '../../src/encoder/settings.ts';
import { sizeChangeSentence } from '../../src/media/conversions.ts';
import { damageSentences } from '../../src/media/damage.ts';
import type { FrameRange } from '../../src/media/frame-range.ts';
import type { PictureSize, SourceVideo } from '../../src/media/source-video.ts';
import type { JobOptions } from '../../src/protocol/control-api.ts';
import { describeZonesBeyond } from '../../src/report/describe-zone.ts';
import { boundsOf } from '../../src/zones/zone.ts';
import type { Engine } from '../engine/engine.ts';
import type { EnginePool } from '../engine/engine-pool.ts';
import type { ScanMessage, ScanRequest } from '../engine/messages.ts';
import type { FinishedScan, ScanStore } from '../storage/scan-store.ts';
import { ScanReading } from './scan-reading.ts';
import { decodeScanSummary, encodeScanSummary, type ScanSummary } from './scan-summary.ts';
import { MOST_TRIES } from './with-restarts.ts';

/** A chunk as the scan finds it, in film order. */
export interface FoundChunk extends FrameRange {
  readonly chunk: number;
  readonly complexity: number;
}

export interface JobScanOptions {
  readonly job: string;
  readonly source: SourceVideo;
  readonly settings: EncodeSettings;
  readonly options: JobOptions;
  /** Frames of the source that `options.cuts` were found in, where they came with a count. */
  readonly cutsFrameCount: number | null;
  readonly store: ScanStore;
  readonly scanners: EnginePool<ScanRequest, ScanMessage>;
  /** Something about the scan that the user should know: a sentence. */
  readonly onNote: (sentence: string) => void;
}

/**
 * The one decode of a job's source: a running scan child, or the files of a finished scan of the same source with the
 * same parameters. Either way the same chunks come out, and everything that slicing and proving need is readable.
 *
 * A scan that is killed is begun anew in a folder of its own. Until it has found as much, the killed one's files are
 * read; they stay until the job ends, for whoever is in the middle of them.
 */
export class JobScan {
  readonly #options: JobScanOptions;
  #engine: Engine<ScanRequest, ScanMessage> | null = null;
  /** Of every scan that began. */
  readonly #readings: ScanReading[] = [];
  /** The one that slices and proofs are read from. */
  #reading: ScanReading | null = null;
  readonly #found: FoundChunk[] = [];
  #summary: ScanSummary | null = null;
  readonly #sizesNoted: PictureSize[] = [];
  #isClosed = false;
  framesScanned = 0;
  cpuSeconds = 0;

  constructor(options: JobScanOptions) {
    this.#options = options;
  }

  /** What slices and proofs are read from now: chunks that were given out can be read to their end. */
  get reading(): ScanReading {
    if (this.#reading === null) throw new Error('the scan has not begun');
    return this.#reading;
  }

  /** Null until the scan ended. */
  get summary(): ScanSummary | null {
    return this.#summary;
  }

  /** Chunks in film order, each as soon as its end is certain. Throws a sentence when the source cannot be scanned. */
  async *chunks(): AsyncGenerator<FoundChunk> {
    const key = scanKey(this.#options);
    const finished = await this.#options.store.find(key);
    if (this.#isClosed) return;
    if (finished !== null) yield* this.#reuse(finished);
    else yield* this.#scan(key);
  }

  /** Ends the child, if it still runs, and closes the files. An unfinished scan is of no use to anybody: it goes. */
  async close(): Promise<void> {
    const { store, job } = this.#options;
    this.#isClosed = true;
    await this.#engine?.kill();
    for (const reading of this.#readings) {
      await reading.files.close();
      const isFinished = this.#summary !== null && reading === this.#reading;
      if (!isFinished) await store.abandon(reading.directory);
    }
    store.unpin(job);
  }

  *#reuse(finished: FinishedScan): Generator<FoundChunk> {
    const summary = decodeScanSummary(String(finished.summary));
    this.#reading = this.#open(finished.directory);
    this.#reading.restore(summary);
    this.framesScanned = summary.frameCount;
    this.#summary = summary;
    this.#noteDamage(summary);
    this.#checkCuts(summary);
    yield* summary.chunks;
  }

  async *#scan(key: string): AsyncGenerator<FoundChunk> {
    const { source, onNote } = this.#options;
    for (let tries = 1; ; tries += 1) {
      const words = yield* this.#tryScan(key);
      if (words === null || this.#isClosed) return;
      if (tries === MOST_TRIES) {
        throw new Error(
          `The scan of ${source.path} stopped early ${MOST_TRIES} times, at last because ${words}. Run the command again.`,
        );
      }
      onNote(`The scan of ${source.path} stopped early: ${words}. It is begun anew; what it found stays.`);
    }
  }

  /** Scans from the first frame. Null when it came to its end, else words for how its process stopped. */
  async *#tryScan(key: string): AsyncGenerator<FoundChunk, string | null> {
    const { store } = this.#options;
    const directory = await store.begin(key);
    // Closed while it began: nobody would end a child that starts now.
    if (this.#isClosed) {
      await store.abandon(directory);
      return null;
    }
    const reading = this.#open(directory);
    if (this.#found.length === 0) this.#reading = reading;
    const engine = await this.#startChild(directory);
    for await (const message of engine) {
      if (message.type === 'failed') throw new Error(message.message);
      if (message.type === 'scanned') {
        this.framesScanned = Math.max(this.framesScanned, message.frameCount);
      }
      if (message.type === 'size-changed') this.#noteSize(message.frame, message);
      reading.note(message);
      if (message.type === 'chunk-found') {
        const { type: _, ...found } = message;
        const isNew = this.#accept(found);
        // Only now are all chunks that were given out in its files, and their keyframes told.
        if (reading.chunkCount === this.#found.length) this.#reading = reading;
        if (isNew) yield found;
      }
      if (message.type === 'ended') {
        await this.#finish(reading, message);
        return null;
      }
    }
    return (await engine.exited).words;
  }

  async #startChild(directory: string): Promise<Engine<ScanRequest, ScanMessage>> {
    const { source, settings, options, scanners } = this.#options;
    const engine = scanners.hire();
    this.#engine = engine;
    const request: ScanRequest = {
      type: 'scan',
      path: source.path,
      streamIndex: source.video.streamIndex,
      directory,
      minSceneSeconds: options.minSceneSeconds,
      maxSceneSeconds: options.maxSceneSeconds,
      cuts: options.cuts,
      ...forcedPlaces(options),
      settings,
    };
    await engine.send(request);
    return engine;
  }

  /** Whether the chunk is a new one. A scan that follows a killed one must find again what that one found. */
  #accept(found: FoundChunk): boolean {
    const known = this.#found[found.chunk];
    if (known === undefined) {
      this.#found.push(found);
      return true;
    }
    const isSame =
      known.startFrame === found.startFrame &&
      known.endFrame === found.endFrame &&
      known.complexity === found.complexity;
    if (isSame) return false;
    throw this.#differs(`chunk ${found.chunk} at frames ${rangeOf(found)}, before at ${rangeOf(known)}`);
  }

  /** What was told before the job began, or by a scan before this one, is not told again. */
  #noteSize(frame: number, size: PictureSize): void {
    const { source, settings, onNote } = this.#options;
    const isTold = [...source.video.laterSizes, ...this.#sizesNoted].some(
      ({ width, height }) => width === size.width && height === size.height,
    );
    if (isTold) return;
    this.#sizesNoted.push(size);
    onNote(sizeChangeSentence(frame, size, settings.filtering?.input ?? settings.picture));
  }

  async #finish(reading: ScanReading, ended: Extract<ScanMessage, { type: 'ended' }>): Promise<void> {
    if (ended.chunkCount < this.#found.length) {
      throw this.#differs(`${ended.chunkCount} chunks, before at least ${this.#found.length}`);
    }
    this.framesScanned = ended.frameCount;
    this.cpuSeconds = ended.cpuSeconds;
    this.#summary = {
      codec: reading.codec,
      keyframes: reading.keyframes,
      chunks: this.#found,
      cuts: ended.cuts,
      frameCount: ended.frameCount,
      rebuiltTimestampCount: ended.rebuiltTimestampCount,
      scaledFrameCount: ended.scaledFrameCount,
      damagedCount: ended.damagedCount,
      lastFrameSeconds: ended.lastFrameSeconds,
    };
    this.#noteDamage(this.#summary);
    this.#checkCuts(this.#summary);
    this.#checkForced(this.#summary);
    await this.#options.store.complete(reading.directory, encodeScanSummary(this.#summary));
  }

  #noteDamage(summary: ScanSummary): void {
    const { source, onNote } = this.#options;
    for (const sentence of damageSentences(source, summary)) onNote(sentence);
  }

  /** Cuts of another video do no harm to a frame, but they lie where nothing is cut. */
  #checkCuts({ frameCount }: ScanSummary): void {
    const { source, cutsFrameCount, onNote } = this.#options;
    if (cutsFrameCount === null || cutsFrameCount === frameCount) return;
    onNote(
      `The scenes file tells of ${cutsFrameCount} frames, ${source.path} has ${frameCount}: its cuts seem to be another video's. They are used as they are; leave out --scenes, or name a new file, to have cuts found.`,
    );
  }

  #checkForced({ frameCount, lastFrameSeconds }: ScanSummary): void {
    const { options, onNote } = this.#options;
    const last = { frame: frameCount - 1, seconds: lastFrameSeconds };
    for (const sentence of describeZonesBeyond(options.zones, last)) onNote(sentence);
    const beyond = options.forcedKeyframes.filter((frame) => frame >= frameCount);
    if (beyond.length === 0) return;
    onNote(`No keyframe is at ${beyond.join(', ')}: the source's last frame is ${frameCount - 1}.`);
  }

  #differs(how: string): Error {
    return new Error(
      `A second scan of ${this.#options.source.path} found ${how}: a decode of the same file came out differently. Check this machine's memory and disk, then run the command again.`,
    );
  }

  #open(directory: string): ScanReading {
    const reading = new ScanReading(directory);
    this.#readings.push(reading);
    this.#options.store.pin(this.#options.job, directory);
    return reading;
  }
}

/** Where the user and the zones want a chunk to start. */
function forcedPlaces({ forcedKeyframes, zones }: JobOptions): {
  readonly forcedKeyframes: readonly number[];
  readonly forcedSeconds: readonly number[];
} {
  const { frames, seconds } = boundsOf(zones);
  const all = [...new Set([...forcedKeyframes, ...frames])].sort((a, b) => a - b);
  return { forcedKeyframes: all, forcedSeconds: seconds };
}

function rangeOf({ startFrame, endFrame }: FrameRange): string {
  return `${startFrame} to ${endFrame - 1}`;
}

/** Digest of everything that decides a scan's files. The number rises when their meaning changes. */
function scanKey({ source, settings, options }: JobScanOptions): string {
  const decides = {
    version: 9,
    identity: source.identity,
    streamIndex: source.video.streamIndex,
    minSceneSeconds: options.minSceneSeconds,
    maxSceneSeconds: options.maxSceneSeconds,
    cuts: options.cuts,
    ...forcedPlaces(options),
    picture: settings.picture,
    filtering: settings.filtering,
  };
  return createHash('sha256').update(JSON.stringify(decides)).digest('hex');
}
