import { frameCount } from '../../../src/media/frame-range.ts';
import type { ChunkStore } from '../../storage/chunk-store.ts';
import type { Journal } from '../../storage/journal.ts';
import type { JobOutput } from '../job-output.ts';
import type { JobRecord } from '../job-record.ts';
import type { JobScan } from '../job-scan.ts';
import type { PreparedJob } from '../prepare-job.ts';
import { withRestarts } from '../with-restarts.ts';
import { checkSource } from './check-source.ts';
import type { OfferedChunks } from './offered-chunks.ts';
import type { RunTies } from './run-ties.ts';

export interface JobAssemblyOptions {
  readonly prepared: PreparedJob;
  readonly chunks: ChunkStore;
  readonly journal: Journal<JobRecord>;
  readonly scan: JobScan;
  readonly output: JobOutput;
  readonly offered: OfferedChunks;
  readonly onFinished: () => void;
}

/** Puts a job's chunks together as their prefix grows, and gives the output its end and its name. */
export class JobAssembly {
  readonly #options: JobAssemblyOptions;
  readonly #ties: RunTies;

  constructor(options: JobAssemblyOptions, ties: RunTies) {
    this.#options = options;
    this.#ties = ties;
  }

  async append(chunk: number): Promise<void> {
    const { job } = this.#ties;
    this.#ties.record({ type: 'chunk-appending', job, chunk });
    await withRestarts(() => this.#appendThrough(chunk));
    this.#ties.record({ type: 'chunk-appended', job, chunk });
  }

  async finish(): Promise<void> {
    const { prepared, journal, output, offered, scan } = this.#options;
    this.#ties.record({ type: 'job-finishing', job: this.#ties.job });
    await checkSource(prepared.source);
    const onWritten = (bytes: number): Promise<void> => journal.append({ type: 'output-written', bytes });
    await withRestarts(async () => {
      if (output.scanDirectory === null) await this.#appendThrough(offered.count - 1);
      await output.finish(scan.summary?.frameCount ?? 0, onWritten);
    });
    this.#options.onFinished();
  }

  /**
   * A killed assemble process took the output with it: a new one begins with the first chunk again. So does one after
   * a scan that was begun anew: the output's timestamps come from the scan's folder, and the killed scan's ends early.
   */
  async #appendThrough(last: number): Promise<void> {
    const { prepared, chunks, scan, output, offered } = this.#options;
    const scanDirectory = scan.reading.directory;
    const isNew = output.scanDirectory !== scanDirectory;
    if (isNew) {
      await output.discard();
      const { source, settings, carry } = prepared;
      await output.open({ sourcePath: source.path, source, settings, carry, scanDirectory });
    }
    for (let chunk = isNew ? 0 : last; chunk <= last; chunk += 1) {
      const found = offered.of(chunk);
      const path = chunks.pathOf(found.key ?? '');
      await output.append(path, found.startFrame, frameCount(found));
    }
  }
}
