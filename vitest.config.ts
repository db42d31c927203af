import { availableParallelism } from 'node:os';
import { fileURLToPath } from 'node:url';
import { defineConfig } from 'vitest/config';
import { LongestFirst } from './test/fixtures/longest-first.ts';

export default defineConfig({
  test: {
    // The compiled copies in dist are not run again.
    include: ['test/**/*.test.ts'],
    // The tests wait for processes, cables and clocks more than they compute.
    maxWorkers: availableParallelism() + 2,
    sequence: { sequencer: LongestFirst },
    // Tests start over a thousand short-lived processes: each would strip and compile the same TypeScript anew.
    env: { NODE_COMPILE_CACHE: fileURLToPath(new URL('node_modules/.cache/compiled', import.meta.url)) },
    globalSetup: 'test/fixtures/fill-compile-cache.ts',
    // Real encodes and real processes on a busy machine of two cores: a hang fails, slowness does not.
    testTimeout: 240_000,
    hookTimeout: 240_000,
    expect: { poll: { timeout: 240_000 } },
  },
});
