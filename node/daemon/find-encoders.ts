import { defaultSettings } from '../../src/encoder/default-settings.ts';
import type { EncodeSettings } from '../../src/encoder/settings.ts';
import { ENCODER_THREADS } from '../../src/encoder/svt-av1-options.ts';
import { startEngine } from '../engine/engine.ts';
import type { EncodeMessage, MeasureBuildRequest } from '../engine/messages.ts';
import { sentenceOf } from '../sentence.ts';
import type { EncoderBuild } from '../storage/build-book.ts';
import type { EncoderBuilds } from './encoder-builds.ts';

/** Any settings tell whether the encoder works and what it is; these are the most likely ones of the first job. */
const LIKELY_SETTINGS = defaultSettings({
  width: 1920,
  height: 1080,
  bitDepth: 10,
  frameRate: { num: 24, den: 1 },
  sampleAspectRatio: { num: 1, den: 1 },
  colour: { primaries: 2, transfer: 2, matrix: 2, range: 0, chromaLocation: 0 },
  masteringDisplay: null,
  contentLight: null,
});

/** How SVT-AV1 names itself when it is opened. */
const SVT_AV1_VERSION = /SVT-AV1 Encoder Lib v?(\S+)/;

/** Encoders that this machine really has, with their versions: found by encoding the built-in clip, once. */
export async function findEncoders(builds: EncoderBuilds): Promise<readonly string[]> {
  try {
    return [(await builds.of(LIKELY_SETTINGS, measureAloud)).encoder];
  } catch (error) {
    return [`none: ${sentenceOf(error)}`];
  }
}

/** In a process of its own, which lets the encoder say what it is. */
async function measureAloud(probe: EncodeSettings): Promise<EncoderBuild> {
  const engine = startEngine<MeasureBuildRequest, EncodeMessage>('encode', {
    niceness: 0,
    isTalkative: true,
  });
  try {
    await engine.send({ type: 'measure-build', settings: probe, threads: ENCODER_THREADS });
    for await (const answer of engine) {
      if (answer.type === 'failed' || answer.type === 'attempt-failed') throw new Error(answer.message);
      if (answer.type !== 'build-measured') continue;
      const { digest, encoder } = answer;
      const version = SVT_AV1_VERSION.exec(engine.words())?.[1];
      return {
        digest,
        encoder: version === undefined ? encoder : encoder.replace('SVT-AV1', `SVT-AV1 ${version}`),
      };
    }
    throw new Error((await engine.exited).words);
  } finally {
    await engine.kill();
  }
}
