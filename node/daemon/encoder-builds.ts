import { createHash } from 'node:crypto';
import { arch, cpus, platform } from 'node:os';
import { buildProbe } from '../../src/encoder/build-probe.ts';
import { canonicalJson } from '../../src/encoder/chunk-identity.ts';
import { isHardware, isProgram } from '../../src/encoder/encoder-definition.ts';
import { encoderOf } from '../../src/encoder/encoders.ts';
import type { EncodeSettings } from '../../src/encoder/settings.ts';
import type { BuildBook, EncoderBuild } from '../storage/build-book.ts';
import { enginesVersion } from '../version.ts';

/** This machine's encoder builds: each of those inside is measured once for its settings, this processor and this package. */
export class EncoderBuilds {
  readonly #book: BuildBook;
  readonly #measuring = new Map<string, Promise<EncoderBuild>>();

  constructor(book: BuildBook) {
    this.#book = book;
  }

  /**
   * The build at these settings, measured now if it never was.
   *
   * @param measure encodes the built-in clip at the probe settings that it gets.
   */
  async of(
    settings: EncodeSettings,
    measure: (probe: EncodeSettings) => Promise<EncoderBuild>,
  ): Promise<EncoderBuild> {
    const probe = buildProbe(settings);
    const key = await keyOf(probe);
    // What a program writes changes when a library of it is replaced, and its own file tells nothing of that; what a device
    // writes changes with its driver: both are measured for every job.
    const { engine } = encoderOf(settings.encoder);
    const isLasting = !isProgram(engine) && !isHardware(engine);
    const known = isLasting ? this.#book.get(key) : undefined;
    if (known !== undefined) return known;
    return this.#measuring.get(key) ?? this.#measure(key, isLasting, () => measure(probe));
  }

  #measure(key: string, isLasting: boolean, measure: () => Promise<EncoderBuild>): Promise<EncoderBuild> {
    const measuring = measure()
      .then((build) => {
        if (isLasting) this.#book.set(key, build);
        return build;
      })
      .finally(() => this.#measuring.delete(key));
    this.#measuring.set(key, measuring);
    return measuring;
  }
}

async function keyOf(probe: EncodeSettings): Promise<string> {
  const machine = [platform(), arch(), cpus()[0]?.model ?? 'unknown', await enginesVersion()];
  return createHash('sha256')
    .update(canonicalJson([...machine, probe]))
    .digest('hex');
}
