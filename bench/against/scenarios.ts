import { mkdir } from 'node:fs/promises';
import { mostFilesAtOnce } from '../../src/activities/paged/files-at-once.ts';
import { systemFolder } from '../../src/contracts/blob-prefix.ts';
import { BenchError } from '../bench-error.ts';
import { countSameFiles } from '../same-files.ts';
import { writeLargeFiles, writeSmallFiles } from '../trees.ts';
import { openAzcopy } from './azcopy.ts';
import type { BenchKit } from './bench-kit.ts';
import { openProduct } from './product.ts';
import { openRclone } from './rclone.ts';
import { openSdkLoop } from './sdk-loop.ts';
import type { Target } from './target.ts';
import type { Measured, Tool, Uploader } from './tool.ts';

/** Where a scenario plays. */
export interface Stage {
  readonly target: Target;
  readonly tree: string;
  /** A directory that only this round uses. It stays: after many deletions a file system may be slow for minutes. */
  readonly into: string;
  readonly files: number;
}

/** One thing to measure of several tools. */
export interface Scenario<T extends Uploader = Tool> {
  readonly title: (files: number) => string;
  readonly files: number;
  readonly writeTree: (root: string, files: number) => Promise<void>;
  /** What the bench's own target keeps and by how much it is late; `fresh-azurite` is in its place. */
  readonly target: { readonly keep: string; readonly delay: number } | 'fresh-azurite';
  /** The first is what the others are compared with; those that cannot be had are undefined. */
  readonly open: readonly ((kit: BenchKit) => Promise<T | undefined>)[];
  /** Once for each tool, unmeasured. */
  readonly prepare?: (tool: T, stage: Stage) => Promise<void>;
  /** Before each round, unmeasured. */
  readonly set?: (tool: T, stage: Stage) => Promise<void>;
  readonly play: (tool: T, stage: Stage) => Promise<Measured>;
  /** After each round, unmeasured; throws when the tool did not do what it should. */
  readonly strike?: (tool: T, stage: Stage) => Promise<void>;
  /** Whether the report tells what the target was asked. */
  readonly showsRequests?: boolean;
}

/** The data of backups alone is kept, without which this project cannot go on; it keeps none of the files' content. */
export const keepsNoContent = { keep: systemFolder, delay: 0 };

const distance = 20;

const firstBackup = {
  target: keepsNoContent,
  open: [openProduct, openRclone, openAzcopy],
  set: (tool: Uploader, { target }: Stage) => target.empty(tool.container),
  play: (tool: Uploader, { tree }: Stage) => tool.backUp(tree),
};

const smallFiles = {
  files: 20_000,
  writeTree: writeSmallFiles,
  title: (files: number) => `First backup of ${files} small files into an empty container`,
};

const backedUp = {
  prepare: async (tool: Tool, { tree }: Stage) => void (await tool.backUp(tree)),
  showsRequests: true,
};

export const small: Scenario = { ...smallFiles, ...firstBackup };

export const large: Scenario = {
  ...firstBackup,
  title: (files) => `First backup of ${files} files of 256 MiB into an empty container`,
  files: 4,
  writeTree: writeLargeFiles,
};

export const noChange: Scenario = {
  ...smallFiles,
  ...firstBackup,
  ...backedUp,
  title: (files) => `Backup of ${files} small files of which none has changed`,
  set: () => Promise.resolve(),
  play: (tool, { tree }) => tool.backUpAgain(tree),
};

export const restore: Scenario = {
  ...smallFiles,
  ...firstBackup,
  ...backedUp,
  title: (files) =>
    `Restore of ${files} small files into an empty directory; durable-backup checks SHA-256 and syncs each file to disk (fsync), the others leave that to the system`,
  target: { keep: '', delay: 0 },
  open: [openProduct, (kit) => openProduct(kit, 2), openRclone, openAzcopy],
  set: async (_, { into }) => void (await mkdir(into, { recursive: true })),
  play: (tool, { tree, into }) => tool.restore(tree, into),
  strike: async (tool, { tree, into, files }) => {
    const restored = await countSameFiles(tree, into);
    if (restored !== files) throw new BenchError(`${tool.name} restored ${restored} of ${files} files as they were.`);
  },
};

export const latency: Scenario = {
  ...smallFiles,
  ...firstBackup,
  target: { ...keepsNoContent, delay: distance },
  open: [
    openProduct,
    (kit) => openProduct(kit, 2),
    (kit) => openRclone(kit, [], 'rclone, its default of 4 transfers'),
    (kit) => openRclone(kit, ['--transfers', String(mostFilesAtOnce)], `rclone, ${mostFilesAtOnce} transfers`),
  ],
};

export const azuriteSmall: Scenario<Uploader> = {
  ...smallFiles,
  ...firstBackup,
  files: 2000,
  target: 'fresh-azurite',
  open: [openProduct, openSdkLoop],
};

export const workers: Scenario = {
  ...smallFiles,
  ...firstBackup,
  open: [1, 2, 4].map((count) => (kit: BenchKit) => openProduct(kit, count)),
};
