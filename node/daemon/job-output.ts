import { access, link, rename, rm, stat, unlink } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { type Engine, startEngine } from '../engine/engine.ts';
import { EngineCrash } from '../engine/engine-pool.ts';
import type { AssembleCommand, AssembleMessage, AssembleRequest } from '../engine/messages.ts';
import { syncDirectory } from '../platform/sync-directory.ts';

export interface JobOutputOptions {
  readonly job: string;
  readonly output: string;
  readonly overwrite: boolean;
  readonly niceness: number;
}

/** Where a job writes its output until it is whole. */
export function temporaryPathOf(output: string, job: string): string {
  return join(dirname(output), `.${basename(output)}.${job}.part`);
}

/** The output file of a job while it grows: an assemble child writes a temporary file, which is renamed at the end. */
export class JobOutput {
  readonly #options: JobOutputOptions;
  #engine: Engine<AssembleRequest | AssembleCommand, AssembleMessage> | null = null;
  #scanDirectory: string | null = null;
  #opening: Promise<void> = Promise.resolve();
  #isClosed = false;
  bytes = 0;
  isFinishing = false;

  constructor(options: JobOutputOptions) {
    this.#options = options;
  }

  /** In the output's own folder, so that the last step is a rename. Named after the job: a later run finds it. */
  get temporaryPath(): string {
    return temporaryPathOf(this.#options.output, this.#options.job);
  }

  /** Folder of the scan that the open output takes its timestamps from; null while there is none. */
  get scanDirectory(): string | null {
    return this.#scanDirectory;
  }

  /** Starts the child; what an earlier run left is written anew from the proven chunks. */
  async open(request: Omit<AssembleRequest, 'type' | 'outputPath'>): Promise<void> {
    // Whoever waited for a child that the end of the job killed would start another one.
    if (this.#isClosed) throw new Error('the job is over, so its output is not opened again');
    this.#opening = this.#start(request);
    await this.#opening;
  }

  async #start(request: Omit<AssembleRequest, 'type' | 'outputPath'>): Promise<void> {
    await rm(this.temporaryPath, { force: true });
    this.#scanDirectory = request.scanDirectory;
    this.#engine = startEngine('assemble', { niceness: this.#options.niceness });
    await this.#engine.send({ type: 'assemble', outputPath: this.temporaryPath, ...request });
  }

  /** Appends one chunk; resolves when it is muxed. */
  async append(path: string, startFrame: number, frameCount: number): Promise<void> {
    const answer = await this.#ask({ type: 'append', path, startFrame, frameCount });
    if (answer.type === 'appended') this.bytes = answer.bytes;
  }

  /**
   * Writes the container's end and gives the file its name.
   *
   * @param onWritten records that the whole file is on the disk, before it takes its name
   */
  async finish(frameCount: number, onWritten: (bytes: number) => Promise<void>): Promise<void> {
    this.isFinishing = true;
    const answer = await this.#ask({ type: 'finish', frameCount });
    if (answer.type !== 'assembled')
      throw new Error(`The assemble process answered ${answer.type} to finish.`);
    this.bytes = answer.bytes;
    await this.#engine?.exited;
    this.#engine = null;
    this.#scanDirectory = null;
    await this.#checkUntouched();
    await onWritten(this.bytes);
    await this.#putInPlace();
    // Before the journal says that the job is done: a power cut must not take the name back. Some network shares cannot.
    await syncDirectory(dirname(this.#options.output)).catch(() => undefined);
  }

  /** Ends the child and deletes the temporary file. */
  async discard(): Promise<void> {
    await this.#engine?.kill();
    this.#engine = null;
    this.#scanDirectory = null;
    await rm(this.temporaryPath, { force: true });
  }

  /** The same, for good. */
  async close(): Promise<void> {
    this.#isClosed = true;
    await this.#opening.catch(() => undefined);
    await this.discard();
  }

  async #ask(command: AssembleCommand): Promise<AssembleMessage> {
    if (this.#engine === null) throw new Error('the output is not open');
    const engine = this.#engine;
    await engine.send(command);
    const { done, value } = await engine[Symbol.asyncIterator]().next();
    if (done === true) {
      await this.discard();
      throw new EngineCrash(`Writing the output stopped: ${(await engine.exited).words}.`);
    }
    if (value.type === 'failed') throw new Error(value.message);
    return value;
  }

  /** A daemon with a copy of this state folder has the same jobs, whose outputs have the same names meanwhile. */
  async #checkUntouched(): Promise<void> {
    const facts = await stat(this.temporaryPath).catch(() => null);
    if (facts?.size === this.bytes) return;
    throw new Error(
      `${this.temporaryPath} has ${facts?.size ?? 'no'} bytes where ${this.bytes} were written: another program changed it, or a second daemon with a copy of this state folder. Stop that one and run the command again; everything encoded is kept.`,
    );
  }

  async #putInPlace(): Promise<void> {
    const { output, overwrite } = this.#options;
    if (overwrite) return rename(this.temporaryPath, output);
    // A link fails when the name is taken, where a rename would replace a file made since the job began.
    try {
      await link(this.temporaryPath, output);
      await unlink(this.temporaryPath);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'EEXIST') {
        throw new Error(
          `${output} was made by somebody else while this job ran, so it was not replaced. Everything is encoded: run the command again with another -o, or with --overwrite.`,
        );
      }
      await renameWhereFree(this.temporaryPath, output);
    }
  }
}

/** For file systems without hard links (FAT, some network shares): the small window before the rename stays. */
async function renameWhereFree(from: string, to: string): Promise<void> {
  const isTaken = await access(to).then(
    () => true,
    () => false,
  );
  if (isTaken) throw new Error(`${to} exists; it was not replaced. Use --overwrite or another -o.`);
  await rename(from, to);
}
