import { createHash } from 'node:crypto';
import type { EncodeSettings } from '../../src/encoder/settings.ts';
import type { FrameRange } from '../../src/media/frame-range.ts';
import type { SourceVideo } from '../../src/media/source-video.ts';
import type { JobOptions } from '../../src/protocol/control-api.ts';
import { type Engine, startEngine } from '../engine/engine.ts';
import type { CodecFacts, KeyframeFact, ScanMessage, ScanRequest } from '../engine/messages.ts';
import { ScanFiles } from '../storage/scan-files.ts';
import type { FinishedScan, ScanStore } from '../storage/scan-store.ts';
import { decodeScanSummary, encodeScanSummary, type ScanSummary } from './scan-summary.ts';

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
  readonly store: ScanStore;
  readonly niceness: number;
}

/**
 * The one decode of a job's source: a running scan child, or the files of a finished scan of the same source with the
 * same parameters. Either way the same chunks come out, and everything that slicing and proving need is readable.
 */
export class JobScan {
  readonly #options: JobScanOptions;
  #engine: Engine<ScanRequest, ScanMessage> | null = null;
  #files: ScanFiles | null = null;
  #directory = '';
  #codec: CodecFacts | null = null;
  #summary: ScanSummary | null = null;
  #isClosed = false;
  readonly #keyframes: KeyframeFact[] = [];
  framesScanned = 0;
  cpuSeconds = 0;

  constructor(options: JobScanOptions) {
    this.#options = options;
  }

  get files(): ScanFiles {
    if (this.#files === null) throw new Error('the scan has not begun');
    return this.#files;
  }

  get directory(): string {
    return this.#directory;
  }

  get codec(): CodecFacts {
    if (this.#codec === null) throw new Error('the scan has not opened the source yet');
    return this.#codec;
  }

  /** Settled keyframes, rising by tag. */
  get keyframes(): readonly KeyframeFact[] {
    return this.#keyframes;
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
    await this.#files?.close();
    if (this.#files !== null && this.#summary === null) await store.abandon(this.#directory);
    store.unpin(job);
  }

  *#reuse(finished: FinishedScan): Generator<FoundChunk> {
    const summary = decodeScanSummary(String(finished.summary));
    this.#open(finished.directory);
    this.#codec = summary.codec;
    this.#keyframes.push(...summary.keyframes);
    this.framesScanned = summary.frameCount;
    this.#summary = summary;
    yield* summary.chunks;
  }

  async *#scan(key: string): AsyncGenerator<FoundChunk> {
    const { source, settings, options, store, niceness } = this.#options;
    const directory = await store.begin(key);
    // Closed while it began: nobody would end a child that starts now.
    if (this.#isClosed) return store.abandon(directory);
    this.#open(directory);
    const engine = startEngine<ScanRequest, ScanMessage>('scan', { niceness });
    this.#engine = engine;
    await engine.send({
      type: 'scan',
      path: source.path,
      streamIndex: source.video.streamIndex,
      directory: this.#directory,
      minSceneSeconds: options.minSceneSeconds,
      maxSceneSeconds: options.maxSceneSeconds,
      cuts: options.cuts,
      settings,
    });
    const chunks: FoundChunk[] = [];
    for await (const message of engine) {
      if (message.type === 'failed') throw new Error(message.message);
      const found = this.#note(message);
      if (found !== null) {
        chunks.push(found);
        yield found;
      }
      if (message.type === 'ended') {
        this.#summary = {
          codec: this.codec,
          keyframes: this.#keyframes,
          chunks,
          cuts: message.cuts,
          frameCount: message.frameCount,
          rebuiltTimestampCount: message.rebuiltTimestampCount,
        };
        await store.complete(this.#directory, encodeScanSummary(this.#summary));
        return;
      }
    }
    throw new Error(
      `The scan of ${source.path} stopped early: ${(await engine.exited).words}. Run the command again.`,
    );
  }

  #note(message: ScanMessage): FoundChunk | null {
    switch (message.type) {
      case 'opened':
        this.#codec = message.codec;
        return null;
      case 'scanned':
        this.framesScanned = message.frameCount;
        this.#keyframes.push(...message.keyframes);
        return null;
      case 'chunk-found': {
        const { type: _, ...found } = message;
        return found;
      }
      case 'ended':
        this.framesScanned = message.frameCount;
        this.cpuSeconds = message.cpuSeconds;
        return null;
      case 'failed':
        return null;
    }
  }

  #open(directory: string): void {
    this.#directory = directory;
    this.#files = new ScanFiles(directory);
    this.#options.store.pin(this.#options.job, directory);
  }
}

/** Digest of everything that decides a scan's files. The number rises when their meaning changes. */
function scanKey({ source, settings, options }: JobScanOptions): string {
  const decides = {
    version: 3,
    identity: source.identity,
    streamIndex: source.video.streamIndex,
    minSceneSeconds: options.minSceneSeconds,
    maxSceneSeconds: options.maxSceneSeconds,
    cuts: options.cuts,
    picture: settings.picture,
  };
  return createHash('sha256').update(JSON.stringify(decides)).digest('hex');
}
