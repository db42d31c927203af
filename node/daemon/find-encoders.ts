import type { EncodeSettings } from '../../src/encoder/settings.ts';
import { startEngine } from '../engine/engine.ts';
import type { EncodeMessage, MeasureBuildRequest } from '../engine/messages.ts';

/** Any settings do, to learn whether the encoder works and what it is. */
const SAMPLE_SETTINGS: EncodeSettings = {
  encoder: 'svt-av1',
  preset: 10,
  crf: 35,
  params: {},
  picture: {
    width: 1920,
    height: 1080,
    bitDepth: 10,
    frameRate: { num: 24, den: 1 },
    sampleAspectRatio: { num: 1, den: 1 },
    colour: { primaries: 2, transfer: 2, matrix: 2, range: 0, chromaLocation: 0 },
    masteringDisplay: null,
    contentLight: null,
  },
};

/** How SVT-AV1 names itself when it is opened. */
const SVT_AV1_VERSION = /SVT-AV1 Encoder Lib v?(\S+)/;

/** Encoders that this machine really has, with their versions: found by encoding the built-in clip. */
export async function findEncoders(): Promise<readonly string[]> {
  const engine = startEngine<MeasureBuildRequest, EncodeMessage>('encode', {
    niceness: 0,
    isTalkative: true,
  });
  try {
    await engine.send({ type: 'measure-build', settings: SAMPLE_SETTINGS, threads: 1 });
    for await (const answer of engine) {
      if (answer.type === 'failed' || answer.type === 'attempt-failed') return [`none: ${answer.message}`];
      if (answer.type !== 'build-measured') continue;
      const version = SVT_AV1_VERSION.exec(engine.words())?.[1];
      return [
        version === undefined ? answer.encoder : answer.encoder.replace('SVT-AV1', `SVT-AV1 ${version}`),
      ];
    }
    return [`none: ${(await engine.exited).words}`];
  } finally {
    await engine.kill();
  }
}
