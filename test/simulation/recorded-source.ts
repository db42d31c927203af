import type { ChunkCost, CostSource } from './farm-world.ts';
import type { Random } from './random.ts';
import type { RecordedChunk, RecordedClip } from './recorded-costs.ts';

/** CPU time of a frame grows with so much of its pixels, over all recorded clips: small pictures cost more each. */
const PIXELS_TO_COST = 0.52;
const FULL_HD = 1920 * 1080;
/** What a preset that is worth a swarm takes, where preset 8 was recorded. */
const SLOWER_PRESET = 8;
/** Chunks that follow one another in a clip and are taken together: a film is not shuffled. */
const SHORTEST_RUN = 4;
const LONGEST_RUN = 16;

/**
 * Films put together from measured chunks: runs of consecutive ones, drawn with replacement from these clips, all as
 * large as Full HD. Each chunk keeps its own features and its own measured cost.
 */
export function recordedFilms(clips: readonly RecordedClip[]): CostSource {
  const drawable = clips.flatMap((clip) => clip.chunks.map((_, first) => ({ clip, first })));
  return (random: Random, chunkCount: number) => {
    const film: ChunkCost[] = [];
    while (film.length < chunkCount) {
      const { clip, first } = random.pick(drawable);
      const run = clip.chunks.slice(first, first + random.whole(SHORTEST_RUN, LONGEST_RUN));
      film.push(...run.map((chunk) => costOf(chunk, clip)));
    }
    return film.slice(0, chunkCount);
  };
}

/** The chunk as if its clip were as large as Full HD. */
export function costOf(chunk: RecordedChunk, { width, height }: RecordedClip): ChunkCost {
  const scale = SLOWER_PRESET * (FULL_HD / (width * height)) ** PIXELS_TO_COST;
  return { frameCount: chunk.frames, complexity: chunk.complexity, work: 1000 * scale * chunk.cpuSeconds };
}
