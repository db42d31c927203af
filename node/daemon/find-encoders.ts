import { randomUUID } from 'node:crypto';
import { join } from 'node:path';
import { defaultSettings } from '../../src/encoder/default-settings.ts';
import {
  type EncoderDefinition,
  isHardware,
  isProgram,
  type ProgramEngine,
} from '../../src/encoder/encoder-definition.ts';
import { ENCODER_NAMES, type EncoderName, encoderOf } from '../../src/encoder/encoders.ts';
import type { EncodeSettings } from '../../src/encoder/settings.ts';
import { ENCODER_THREADS } from '../../src/encoder/threads.ts';
import { describeProgram, findProgram, programVersion } from '../engine/encode/find-program.ts';
import { type Engine, startEngine } from '../engine/engine.ts';
import type { EncodeMessage, MeasureBuildRequest } from '../engine/messages.ts';
import { sentenceOf } from '../sentence.ts';
import type { EncoderBuild } from '../storage/build-book.ts';
import type { EncoderBuilds } from './encoder-builds.ts';

/** An encoder of this machine, or why one that should be here is not. */
export interface FoundEncoder {
  /** Its name and version; or its name and what is wrong. */
  readonly words: string;
  readonly isThere: boolean;
}

/** Any settings tell whether an encoder works and what it is; these are the most likely ones of the first job. */
function likelySettings(encoder: EncoderName): EncodeSettings {
  const picture = {
    width: 1920,
    height: 1080,
    bitDepth: encoderOf(encoder).bitDepth,
    frameRate: { num: 24, den: 1 },
    sampleAspectRatio: { num: 1, den: 1 },
    colour: { primaries: 2, transfer: 2, matrix: 2, range: 0, chromaLocation: 0 },
    masteringDisplay: null,
    contentLight: null,
  };
  return defaultSettings(picture, encoder);
}

/**
 * Encoders that this machine really has, with their versions. Each of those inside is found by encoding the built-in
 * clip, once; programs are asked, and are tried when a job wants them.
 *
 * @param workDirectory an existing folder for files of the encoders' own.
 * @param signal ends the search; what was found so far is the answer.
 */
export async function findEncoders(
  builds: EncoderBuilds,
  workDirectory: string,
  signal: AbortSignal,
): Promise<readonly FoundEncoder[]> {
  const found: FoundEncoder[] = [];
  await using measurer = new AloudMeasurer(workDirectory, signal);
  for (const name of ENCODER_NAMES) {
    if (signal.aborted) break;
    const { title, engine } = encoderOf(name);
    // Tried when a job wants one: most machines have none, and looking takes a process each.
    if (isHardware(engine)) continue;
    if (isProgram(engine)) {
      found.push(...(await findInstalled(title, engine)));
      continue;
    }
    try {
      const { encoder } = await builds.of(likelySettings(name), (probe) => measurer.measure(probe));
      found.push({ words: encoder, isThere: true });
    } catch (error) {
      found.push(missing(name, error));
    }
  }
  return found;
}

/** Nothing for one that is not there: few have them all. */
async function findInstalled(title: string, engine: ProgramEngine): Promise<FoundEncoder[]> {
  try {
    const path = await findProgram(engine);
    if (path === null) return [];
    const name = describeProgram(title, await programVersion(path, engine));
    return [{ words: `${name} (${path})`, isThere: true }];
  } catch (error) {
    return [missing(title, error)];
  }
}

function missing(name: string, error: unknown): FoundEncoder {
  return { words: `no ${name}: ${sentenceOf(error)}`, isThere: false };
}

/** Measures builds in a process of its own, which lets the encoders say what they are. It starts when it is needed. */
class AloudMeasurer implements AsyncDisposable {
  readonly #workDirectory: string;
  readonly #signal: AbortSignal;
  #engine: Engine<MeasureBuildRequest, EncodeMessage> | null = null;

  constructor(workDirectory: string, signal: AbortSignal) {
    this.#workDirectory = workDirectory;
    this.#signal = signal;
    signal.addEventListener('abort', () => void this.#end(), { once: true });
  }

  async measure(probe: EncodeSettings): Promise<EncoderBuild> {
    this.#signal.throwIfAborted();
    const workPath = join(this.#workDirectory, randomUUID());
    this.#engine ??= startEngine('encode', { niceness: 0, isTalkative: true });
    const engine = this.#engine;
    try {
      await engine.send({ type: 'measure-build', workPath, settings: probe, threads: ENCODER_THREADS });
      const build = await measuredBuild(engine);
      return { ...build, encoder: withVersion(build.encoder, encoderOf(probe.encoder), engine.words()) };
    } catch (error) {
      await this.#end();
      throw error;
    }
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.#end();
  }

  async #end(): Promise<void> {
    const engine = this.#engine;
    this.#engine = null;
    await engine?.kill();
  }
}

async function measuredBuild(engine: Engine<MeasureBuildRequest, EncodeMessage>): Promise<EncoderBuild> {
  const { done, value: answer } = await engine[Symbol.asyncIterator]().next();
  if (done !== true && answer.type === 'build-measured') {
    return { digest: answer.digest, encoder: answer.encoder };
  }
  if (done !== true && (answer.type === 'failed' || answer.type === 'attempt-failed')) {
    throw new Error(answer.message);
  }
  throw new Error((await engine.exited).words);
}

function withVersion(encoder: string, { title, engine }: EncoderDefinition, words: string): string {
  if (isProgram(engine)) return encoder;
  const version = 'said' in engine.version ? engine.version.said.exec(words)?.[1] : undefined;
  return version === undefined ? encoder : encoder.replace(title, `${title} ${version}`);
}
