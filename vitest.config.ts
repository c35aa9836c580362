import { defineConfig } from 'vitest/config';
import { SlowestFiles } from './test/support/slowest-files.ts';

export default defineConfig({
  test: {
    // Those of `long` try the whole program out and take minutes each; those of `browser` need one on the machine.
    projects: ['test', 'long', 'browser'].map((name) => ({
      extends: true,
      test: { name, include: [`test/**/*.${name}.ts`] },
    })),
    globalSetup: ['test/support/global-setup.ts'],
    // Most tests wait for a server or a timer for half of their time.
    maxWorkers: 4,
    reporters: ['default', new SlowestFiles()],
    // A worker's native runtime must start in a process of its own.
    pool: 'forks',
    // A process does one file after another, and loads the program and its libraries once.
    isolate: false,
    // Temporal's SDK reads source maps by WebAssembly in each workflow thread. V8 aborts once in a while when several threads of one process
    // replace their wrappers of its imports after so many calls (https://github.com/nodejs/node/issues/64500); a process of the project has one.
    execArgv: ['--wasm-wrapper-tiering-budget=2000000000'],
    // Temporal's client sends a call again after a pause, also when its connection was closed meanwhile, and nobody can catch what that throws.
    onUnhandledError: ({ message }) => (message === 'Channel has been shut down' ? false : undefined),
    testTimeout: 120_000,
    hookTimeout: 120_000,
    // A second, which is usual, is short for a server that others use too.
    expect: { poll: { timeout: 60_000 } },
  },
});
