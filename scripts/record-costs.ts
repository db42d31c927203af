/**
 * Measures what chunks of real clips cost to encode, for the simulator and for fitting `predictCost`.
 *
 *     node scripts/record-costs.ts CLIPS            scans every clip, measures chunks that the recording lacks
 *     node scripts/record-costs.ts CLIPS --again    measures all once more and keeps the lesser: noise only adds
 *
 * CLIPS is a folder in which each package of record-costs/clips.json lies unpacked under its own name. What is
 * measured goes to test/simulation/recorded-costs.json after every clip, so an interrupted run continues. CPU seconds,
 * not time: other work on the machine may run.
 */
import { readFile, writeFile } from 'node:fs/promises';
import { cpus } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import type { RecordedChunk, RecordedClip, RecordedCosts } from '../test/simulation/recorded-costs.ts';
import { ChunkMeasurer } from './record-costs/measure-chunk.ts';
import { type FoundChunk, type ScannedFile, scanFile } from './record-costs/scan-file.ts';

interface ClipChoice {
  readonly name: string;
  readonly kind: string;
  readonly from: string;
  readonly maxSceneSeconds: number;
  readonly files: readonly string[];
}

/** Fast enough that hundreds of chunks take minutes; some chunks show whether ratios hold at others. */
const PRESET = 8;
const OTHER_PRESETS = [6, 10];
/** One in so many chunks is also encoded at the other presets. */
const OTHERS_EVERY = 8;
const MIN_SCENE_SECONDS = 1;
const CLIPS = new URL('./record-costs/clips.json', import.meta.url);
const RECORDING = new URL('../test/simulation/recorded-costs.json', import.meta.url);

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { again: { type: 'boolean', default: false } },
});
const [folder] = positionals;
if (folder === undefined)
  throw new Error('Which folder holds the clips? node scripts/record-costs.ts FOLDER');

const choices = JSON.parse(await readFile(CLIPS, 'utf8')) as ClipChoice[];
const known = await readKnown();
const clips = new Map(known?.clips.map((clip) => [clip.name, clip]));
const measurer = await ChunkMeasurer.start();
let chunkNumber = 0;
let encoder = '';
try {
  for (const choice of choices) {
    clips.set(choice.name, await recordClip(choice, clips.get(choice.name)));
    await save(choices.flatMap(({ name }) => clips.get(name) ?? []));
  }
} finally {
  await measurer.stop();
}

async function recordClip(choice: ClipChoice, before: RecordedClip | undefined): Promise<RecordedClip> {
  const { name, kind, from, files, maxSceneSeconds } = choice;
  const chunks: RecordedChunk[] = [];
  let picture = { width: 0, height: 0, frameRate: 0, crf: 0 };
  for (const file of files) {
    const scan = await scanFile(join(folder as string, file), MIN_SCENE_SECONDS, maxSceneSeconds);
    try {
      const { width, height, frameRate } = scan.settings.picture;
      const { rate } = scan.settings;
      picture = {
        width,
        height,
        frameRate: rounded(frameRate.num / frameRate.den),
        crf: rate.type === 'quality' ? rate.value : 0,
      };
      if (encoder === '') encoder = await measurer.encoder({ ...scan.settings, preset: PRESET });
      for (const found of scan.chunks) {
        const same = before?.chunks.find((chunk) => isSame(chunk, file, found));
        chunks.push(await recordChunk(file, scan, found, same));
      }
    } finally {
      await scan.remove();
    }
  }
  const seconds = chunks.reduce((sum, chunk) => sum + chunk.cpuSeconds, 0);
  console.log(`${name}: ${chunks.length} chunks, ${seconds.toFixed(1)} CPU seconds`);
  return { name, kind, from, ...picture, chunks };
}

function isSame(chunk: RecordedChunk, file: string, found: FoundChunk): boolean {
  const { startFrame, endFrame } = found;
  return chunk.file === file && chunk.startFrame === startFrame && chunk.frames === endFrame - startFrame;
}

async function recordChunk(
  file: string,
  scan: ScannedFile,
  found: FoundChunk,
  before: RecordedChunk | undefined,
): Promise<RecordedChunk> {
  const { chunk: _, startFrame, endFrame, complexity } = found;
  const number = chunkNumber++;
  const facts = { file, startFrame, frames: endFrame - startFrame, complexity: rounded(complexity) };
  if (before !== undefined && !values.again) return { ...before, ...facts };
  const { decodeCpuSeconds, ...slice } = await measurer.slice(scan, found);
  const { cpuSeconds, resultBytes } = await measurer.encode({ ...scan.settings, preset: PRESET });
  const otherPresets: Record<string, number> = {};
  for (const preset of number % OTHERS_EVERY === 0 ? OTHER_PRESETS : []) {
    const other = await measurer.encode({ ...scan.settings, preset });
    otherPresets[preset] = lesser(other.cpuSeconds, before?.otherPresets?.[preset]);
  }
  return {
    ...facts,
    ...slice,
    resultBytes,
    cpuSeconds: lesser(cpuSeconds, before?.cpuSeconds),
    decodeCpuSeconds: lesser(decodeCpuSeconds, before?.decodeCpuSeconds),
    ...(Object.keys(otherPresets).length > 0 ? { otherPresets } : {}),
  };
}

async function readKnown(): Promise<RecordedCosts | null> {
  const text = await readFile(RECORDING, 'utf8').catch(() => null);
  return text === null ? null : (JSON.parse(text) as RecordedCosts);
}

/** One chunk a line, so that differences can be read. */
async function save(recorded: readonly RecordedClip[]): Promise<void> {
  const lines = recorded.map(({ chunks, ...clip }) => {
    const rows = chunks.map((chunk) => `      ${JSON.stringify(chunk)}`).join(',\n');
    return `    ${JSON.stringify(clip).slice(0, -1)}, "chunks": [\n${rows}\n    ]}`;
  });
  const about = { encoder, machine: cpus()[0]?.model ?? '', preset: PRESET };
  const text = `${JSON.stringify(about).slice(0, -1)}, "clips": [\n${lines.join(',\n')}\n  ]}\n`;
  await writeFile(RECORDING, text);
}

/** Of two measurements. */
function lesser(now: number, before: number | undefined): number {
  return rounded(Math.min(now, before ?? now));
}

/** Four digits: more than the measurement is worth. */
function rounded(value: number): number {
  return Number(value.toPrecision(4));
}
