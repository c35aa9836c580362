import { mkdir, readdir, rm } from 'node:fs/promises';
import { writeLargeFiles, writeSmallFiles } from '../trees.ts';
import type { Target } from './target.ts';
import type { Measured, Tool } from './tool.ts';

/** Where a scenario plays. */
export interface Stage {
  readonly target: Target;
  readonly tree: string;
  /** A directory that only the scenario uses. */
  readonly into: string;
  readonly files: number;
}

/** One thing to measure of every tool. */
export interface Scenario {
  readonly title: (files: number) => string;
  readonly files: number;
  readonly writeTree: (root: string, files: number) => Promise<void>;
  /** Once for each tool, unmeasured. */
  readonly prepare: (tool: Tool, stage: Stage) => Promise<void>;
  /** Once a round; brings about what it needs without measuring that. */
  readonly round: (tool: Tool, stage: Stage) => Promise<Measured>;
}

const smallFiles = 20_000;

const firstBackup: Pick<Scenario, 'prepare' | 'round'> = {
  prepare: () => Promise.resolve(),
  round: async (tool, { target, tree }) => {
    await target.empty(tool.container);
    return tool.backUp(tree);
  },
};

export const scenarios = {
  small: {
    title: (files) => `First backup of ${files} small files into an empty container`,
    files: smallFiles,
    writeTree: writeSmallFiles,
    ...firstBackup,
  },
  large: {
    title: (files) => `First backup of ${files} files of 256 MiB into an empty container`,
    files: 4,
    writeTree: writeLargeFiles,
    ...firstBackup,
  },
  'no-change': {
    title: (files) => `Backup of ${files} small files of which none has changed`,
    files: smallFiles,
    writeTree: writeSmallFiles,
    prepare: async (tool, { tree }) => void (await tool.backUp(tree)),
    round: (tool, { tree }) => tool.backUpAgain(tree),
  },
  restore: {
    title: (files) =>
      `Restore of ${files} small files into an empty directory; durable-backup checks SHA-256 and syncs each file to disk (fsync), the others leave that to the system`,
    files: smallFiles,
    writeTree: writeSmallFiles,
    prepare: async (tool, { tree }) => void (await tool.backUp(tree)),
    round: async (tool, { tree, into, files }) => {
      await mkdir(into);
      try {
        const measured = await tool.restore(tree, into);
        const entries = await readdir(into, { recursive: true, withFileTypes: true });
        const found = entries.filter((entry) => entry.isFile()).length;
        if (found !== files) throw new Error(`${tool.name} restored ${found} of ${files} files`);
        return measured;
      } finally {
        await rm(into, { recursive: true, force: true });
      }
    },
  },
} as const satisfies Record<string, Scenario>;
