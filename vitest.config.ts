import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    include: ['test/**/*.test.ts'],
    globalSetup: ['test/support/global-setup.ts'],
    // Every suite talks to one Temporal server and one Azurite on two cores: side by side they would only queue.
    fileParallelism: false,
    // A worker's native runtime must start in a process of its own.
    pool: 'forks',
    testTimeout: 120_000,
    hookTimeout: 120_000,
  },
});
