import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    // The compiled copies in dist are not run again.
    include: ['test/**/*.test.ts'],
    // Vitest would leave one core to itself; the tests wait for processes more than they compute.
    maxWorkers: '100%',
    // Real encodes and real processes on a busy machine of two cores: a hang fails, slowness does not.
    testTimeout: 240_000,
    hookTimeout: 240_000,
  },
});
