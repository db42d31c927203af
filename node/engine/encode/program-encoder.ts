import { once } from 'node:events';
import { createReadStream } from 'node:fs';
import { dirname, join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { execa } from 'execa';
import type { Frame } from 'node-av/lib';
import { AccessUnits } from '../../../src/encoder/access-units.ts';
import { isFullRange } from '../../../src/encoder/colour-words.ts';
import type { EncodeRun, EncoderDefinition, ProgramEngine } from '../../../src/encoder/encoder-definition.ts';
import { IvfUnits } from '../../../src/encoder/ivf-units.ts';
import { Y4M_FRAME, y4mHeader } from '../../../src/media/y4m.ts';
import { endProgram, LEADS_GROUP } from '../../platform/started-program.ts';
import { tellEnded, tellStarted } from '../port.ts';
import { requireProgram } from './find-program.ts';
import type { FrameEncoder, TakeUnit } from './frame-encoder.ts';
import { PictureOrder } from './picture-order.ts';

/**
 * A program that takes no frame, writes nothing and says nothing for so long hangs. The slowest of them, on a picture of
 * 4K, says several times an hour how far it is.
 */
const SILENCE_MS = 20 * 60_000;

/** Looks at it in so short a time: a machine that slept meanwhile has looked once. */
const LOOKS = 40;

/** What it wrote before it was ended is read within so short a time. */
const LAST_WORDS_MS = 500;

/** One that takes nothing more is about to end and says why, within so short a time. */
const PARTING_MS = 5000;

/** That a pipe broke says nothing of why. */
const BROKEN_PIPES = ['EPIPE', 'ECONNRESET', 'ERR_STREAM_PREMATURE_CLOSE'];

/** Of what it says, so much is kept for an error. */
const WORDS_KEPT = 2000;

/** What makes units of what the program writes. */
interface UnitReader {
  push(bytes: Uint8Array): Promise<void>;
  end(): Promise<void>;
  free(): void;
}

type ProgramDefinition = EncoderDefinition & { readonly engine: ProgramEngine };

/** One pass of an encoder that is a program of its own. */
export class ProgramEncoder implements FrameEncoder {
  readonly #definition: ProgramDefinition;
  readonly #child: ReturnType<typeof start>;
  /** Of a program that writes into a file. */
  readonly #outputPath: string;
  readonly #units: UnitReader;
  readonly #reading: Promise<void>;
  readonly #watch: NodeJS.Timeout;
  #words = '';
  /** By its own word. */
  #framesDone = 0;
  #quietLooks = 0;
  #isHung = false;
  #isEnded = false;
  /** Why its output could not be used. */
  #fault: unknown = null;

  private constructor(
    definition: ProgramDefinition,
    child: ReturnType<typeof start>,
    units: UnitReader,
    outputPath: string,
    silenceMs: number,
  ) {
    this.#definition = definition;
    this.#child = child;
    this.#outputPath = outputPath;
    this.#units = units;
    // When it is gone its exit says more than a broken pipe does.
    child.stdin.on('error', () => undefined);
    child.stderr.on('data', (bytes: Buffer) => this.#hear(bytes.toString('utf8')));
    this.#reading = this.#read();
    this.#watch = setInterval(() => this.#look(), silenceMs / LOOKS);
    this.#watch.unref();
  }

  /** @throws a sentence when this machine does not have it. */
  static async open(
    definition: ProgramDefinition,
    run: EncodeRun,
    take: TakeUnit,
    silenceMs = SILENCE_MS,
  ): Promise<ProgramEncoder> {
    const { title, engine } = definition;
    const path = await requireProgram(title, engine);
    const isLast = run.pass === run.settings.passes;
    const units = isLast ? await openUnits(definition, take) : NO_UNITS;
    const folder = dirname(run.statsPath);
    const outputPath = join(folder, 'stream');
    const child = start(path, engine.args(run, outputPath), folder);
    if (child.pid === undefined) {
      units.free();
      throw new Error(`${title} did not start: ${(await child).shortMessage ?? path}.`);
    }
    const encoder = new ProgramEncoder(definition, child, units, outputPath, silenceMs);
    // It gets nothing to do before the daemon knows of it.
    await tellStarted(child.pid);
    const { picture } = run.settings;
    await encoder.#write(Buffer.from(y4mHeader({ ...picture, isFullRange: isFullRange(picture.colour) })));
    return encoder;
  }

  async encode(frame: Frame): Promise<void> {
    await this.#write(Buffer.concat([Buffer.from(Y4M_FRAME), frame.toBuffer()]));
  }

  async finish(): Promise<void> {
    this.#child.stdin.end();
    await this.#reading;
    const { exitCode } = await this.#child;
    if (exitCode !== 0 || this.#fault !== null) throw await this.#failure();
  }

  async free(): Promise<void> {
    clearInterval(this.#watch);
    this.#end();
    await this.#child;
    await this.#reading;
    this.#units.free();
    if (this.#child.pid !== undefined) await tellEnded(this.#child.pid);
  }

  async #write(bytes: Buffer): Promise<void> {
    const { stdin } = this.#child;
    if (stdin.destroyed || this.#fault !== null) throw await this.#failure();
    if (!stdin.write(bytes)) {
      await Promise.race([once(stdin, 'drain'), once(stdin, 'close')]).catch(() => undefined);
    }
    this.#quietLooks = 0;
    if (stdin.destroyed || this.#fault !== null) throw await this.#failure();
  }

  async #read(): Promise<void> {
    try {
      const { isIntoFile = false } = this.#definition.engine;
      for await (const bytes of this.#child.stdout as AsyncIterable<Buffer>) {
        this.#quietLooks = 0;
        if (isIntoFile) this.#hear(bytes.toString('utf8'));
        else await this.#units.push(bytes);
      }
      // Of one that failed the end is missing; that it failed says more.
      if ((await this.#child).exitCode !== 0) return;
      if (isIntoFile && this.#units !== NO_UNITS) await this.#readFile();
      await this.#units.end();
    } catch (error) {
      // Of one that was ended the pipe is cut.
      if (!this.#isEnded) this.#fault = error;
      if (isBrokenPipe(error)) await this.#part();
      this.#end();
    }
  }

  async #readFile(): Promise<void> {
    const file = createReadStream(this.#outputPath) as AsyncIterable<Buffer>;
    for await (const bytes of file) await this.#units.push(bytes);
  }

  #hear(text: string): void {
    this.#quietLooks = 0;
    const lines = text.split(/[\r\n]+/).filter((line) => line.trim() !== '');
    for (const line of lines) {
      const done = this.#definition.engine.progress.exec(line)?.[1];
      if (done === undefined) this.#words = `${this.#words}${line}\n`.slice(-WORDS_KEPT);
      else this.#framesDone = Number(done);
    }
  }

  #look(): void {
    this.#quietLooks += 1;
    if (this.#quietLooks < LOOKS) return;
    this.#isHung = true;
    this.#end();
  }

  /** Lets it end by itself. */
  async #part(): Promise<void> {
    await Promise.race([this.#child, setTimeout(PARTING_MS, undefined, { ref: false })]);
  }

  /** At once, with all that it has started. */
  #end(): void {
    const { pid, stdin, stdout, stderr } = this.#child;
    const { exitCode, signalCode } = this.#child.nodeChildProcess;
    // The number of one that is gone may be another's.
    if (pid !== undefined && exitCode === null && signalCode === null) endProgram(pid);
    this.#isEnded = true;
    // Its last words are read first. What it started may have left its group, and hold the pipes for as long as it lives.
    const letGo = (): void => {
      for (const pipe of [stdin, stdout, stderr]) pipe.destroy();
    };
    void setTimeout(LAST_WORDS_MS, undefined, { ref: false }).then(letGo);
  }

  /** What became of it, as a sentence. It is gone, or is ended. */
  async #failure(): Promise<Error> {
    const { title } = this.#definition;
    if (this.#child.stdin.destroyed) await this.#part();
    this.#end();
    const { exitCode, signal } = await this.#child;
    await this.#reading;
    const words = this.#words.trim();
    const said = words === '' ? 'It said nothing.' : `Its last words: ${words}`;
    const at = `after ${this.#framesDone} frames`;
    if (this.#isHung) return new Error(`${title} hung ${at} and was ended. ${said}`);
    if (this.#fault !== null && (exitCode === 0 || !isBrokenPipe(this.#fault))) {
      return this.#fault instanceof Error ? this.#fault : new Error(`${this.#fault}`);
    }
    const how = exitCode === undefined ? `was killed by ${signal}` : `ended with status ${exitCode}`;
    return new Error(`${title} ${how} ${at}. ${said}`);
  }
}

function start(path: string, args: readonly string[], folder: string) {
  return execa(path, args, {
    // Whatever it writes beside its output is swept with this folder.
    cwd: folder,
    stdio: ['pipe', 'pipe', 'pipe'],
    buffer: false,
    reject: false,
    detached: LEADS_GROUP,
    windowsHide: true,
  });
}

function isBrokenPipe(error: unknown): boolean {
  return error instanceof Error && 'code' in error && BROKEN_PIPES.includes(String(error.code));
}

async function openUnits({ engine, codec }: ProgramDefinition, take: TakeUnit): Promise<UnitReader> {
  if (engine.stream === 'ivf') return ivfUnits(take);
  if (codec === 'av1') throw new Error('AV1 comes as IVF.');
  const order = await PictureOrder.open(codec, take);
  const units = new AccessUnits(codec);
  return {
    async push(bytes) {
      for (const unit of units.push(bytes)) await order.push(unit);
    },
    async end() {
      for (const unit of units.end()) await order.push(unit);
      await order.end();
    },
    free: () => order.free(),
  };
}

/** Units of AV1 show a frame each, in order. */
function ivfUnits(take: TakeUnit): UnitReader {
  const units = new IvfUnits();
  let index = 0n;
  return {
    async push(bytes) {
      for (const data of units.push(bytes)) {
        await take({ index, data });
        index += 1n;
      }
    },
    async end() {
      units.end();
    },
    free: () => undefined,
  };
}

/** Passes before the last write what nobody needs. */
const NO_UNITS: UnitReader = {
  push: async () => undefined,
  end: async () => undefined,
  free: () => undefined,
};
