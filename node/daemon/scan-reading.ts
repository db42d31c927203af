import type { CodecFacts, KeyframeFact, ScanMessage } from '../engine/messages.ts';
import { ScanFiles } from '../storage/scan-files.ts';
import type { ScanSummary } from './scan-summary.ts';

/** What one scan of a source has told so far, and the files it writes: what slicing and proving its chunks needs. */
export class ScanReading {
  readonly directory: string;
  readonly files: ScanFiles;
  #codec: CodecFacts | null = null;
  /** Settled ones, rising by tag. */
  readonly keyframes: KeyframeFact[] = [];
  chunkCount = 0;

  constructor(directory: string) {
    this.directory = directory;
    this.files = new ScanFiles(directory);
  }

  get codec(): CodecFacts {
    if (this.#codec === null) throw new Error('the scan has not opened the source yet');
    return this.#codec;
  }

  /** Takes in what the scan process says. */
  note(message: ScanMessage): void {
    if (message.type === 'opened') this.#codec = message.codec;
    if (message.type === 'scanned') this.keyframes.push(...message.keyframes);
    if (message.type === 'chunk-found') this.chunkCount += 1;
  }

  /** Takes in what a finished scan left. */
  restore(summary: ScanSummary): void {
    this.#codec = summary.codec;
    this.keyframes.push(...summary.keyframes);
    this.chunkCount = summary.chunks.length;
  }
}
