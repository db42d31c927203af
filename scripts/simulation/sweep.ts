import { existsSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { Worker } from 'node:worker_threads';
import type { BlockResult, SeedBlock, WorldSize } from './seeds.ts';

/** A sweep of seeds, and what of it is kept in its file between two runs. */
interface Progress {
  readonly firstSeed: number;
  readonly most: WorldSize;
  /** Every seed before it is done. */
  nextSeed: number;
  readonly sums: BlockResult;
}

export interface SweepOptions {
  readonly firstSeed: number;
  readonly seedCount: number;
  readonly most: WorldSize;
  /** Where to keep how far it came; a later sweep of the same seeds goes on from there. */
  readonly path: string | null;
}

/** A few seconds of one core: little is lost when a sweep is stopped. */
const SEEDS_A_BLOCK = 250;
const SAY_EVERY_MS = 30_000;
/** Of a worker's heap: what a seed makes is garbage when it ends, and is not copied about until then. */
const YOUNG_MB = 64;

/** Runs seeds on all cores, prints how it goes and, in the last line, how many kept every invariant. */
export async function sweepSeeds(options: SweepOptions): Promise<boolean> {
  const progress = readProgress(options);
  const endSeed = options.firstSeed + options.seedCount;
  const startSeed = progress.nextSeed;
  if (startSeed > options.firstSeed) console.log(`Goes on at seed ${startSeed}.`);
  const startedMs = performance.now();
  let saidMs = startedMs;
  const say = () => {
    saidMs = performance.now();
    console.log(wordsFor(progress, endSeed, (progress.nextSeed - startSeed) / (saidMs - startedMs)));
  };
  await runBlocks(blocksOf(startSeed, endSeed, options.most), (block, result) => {
    add(progress.sums, result);
    for (const { words } of result.broken) console.log(words);
    progress.nextSeed = block.firstSeed + block.seedCount;
    if (options.path !== null) save(options.path, progress);
    if (performance.now() - saidMs > SAY_EVERY_MS) say();
  });
  say();
  const { length: broken } = progress.sums.broken;
  console.log(`${progress.nextSeed - options.firstSeed - broken} passed, ${broken} failed`);
  return broken === 0;
}

function* blocksOf(startSeed: number, endSeed: number, most: WorldSize): Generator<SeedBlock> {
  for (let firstSeed = startSeed; firstSeed < endSeed; firstSeed += SEEDS_A_BLOCK) {
    yield { firstSeed, seedCount: Math.min(SEEDS_A_BLOCK, endSeed - firstSeed), most };
  }
}

/** Gives each core one block after another; results are handed over in the order of their blocks. */
async function runBlocks(
  blocks: Iterator<SeedBlock, void>,
  onResult: (block: SeedBlock, result: BlockResult) => void,
): Promise<void> {
  const inOrder: { readonly block: SeedBlock; result: BlockResult | null }[] = [];
  const runCore = async () => {
    const worker = new Worker(new URL('./seed-worker.ts', import.meta.url), {
      resourceLimits: { maxYoungGenerationSizeMb: YOUNG_MB },
    });
    try {
      for (let next = blocks.next(); next.done !== true; next = blocks.next()) {
        const entry = { block: next.value, result: null as BlockResult | null };
        inOrder.push(entry);
        entry.result = await runOn(worker, entry.block);
        for (let [first] = inOrder; first?.result != null; [first] = inOrder) {
          inOrder.shift();
          onResult(first.block, first.result);
        }
      }
    } finally {
      await worker.terminate();
    }
  };
  await Promise.all(Array.from({ length: availableParallelism() }, runCore));
}

function runOn(worker: Worker, block: SeedBlock): Promise<BlockResult> {
  return new Promise((resolve, reject) => {
    worker.once('error', reject);
    worker.once('message', (result: BlockResult) => {
      worker.off('error', reject);
      resolve(result);
    });
    worker.postMessage(block);
  });
}

function add(sums: BlockResult, more: BlockResult): void {
  sums.jobCount += more.jobCount;
  sums.failedCount += more.failedCount;
  sums.virtualMs += more.virtualMs;
  sums.broken.push(...more.broken);
}

function wordsFor({ firstSeed, nextSeed, sums }: Progress, endSeed: number, seedsPerMs: number): string {
  const perHour = Math.round((seedsPerMs || 0) * 3_600_000).toLocaleString('en');
  return (
    `${nextSeed - firstSeed} of ${endSeed - firstSeed} seeds, ${perHour} an hour; ${sums.jobCount} jobs, ` +
    `${sums.failedCount} failed for cause, ${(sums.virtualMs / 3_600_000).toFixed(1)} virtual hours; ` +
    `${sums.broken.length} broke an invariant`
  );
}

function readProgress({ path, firstSeed, most }: SweepOptions): Progress {
  const fresh: Progress = {
    firstSeed,
    most,
    nextSeed: firstSeed,
    sums: { jobCount: 0, failedCount: 0, virtualMs: 0, broken: [] },
  };
  if (path === null || !existsSync(path)) return fresh;
  const kept = JSON.parse(readFileSync(path, 'utf8')) as Progress;
  const isSame = kept.firstSeed === firstSeed && JSON.stringify(kept.most) === JSON.stringify(most);
  if (isSame) return kept;
  throw new Error(
    `${path} is of a sweep from seed ${kept.firstSeed} with ${JSON.stringify(kept.most)}, this one is from ` +
      `${firstSeed} with ${JSON.stringify(most)}. Name another file by --progress, or remove that one.`,
  );
}

/** Written whole, then renamed: a sweep is stopped at any moment. */
function save(path: string, progress: Progress): void {
  writeFileSync(`${path}.new`, JSON.stringify(progress));
  renameSync(`${path}.new`, path);
}
