import { randomUUID } from 'node:crypto';
import { open, unlink, type FileHandle } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { readRun, writeRun, type SortedRun } from './sorted-run.ts';
import { mergeSorted } from './merge-sorted.ts';

/** Sorts more keys than memory is to hold: sorted parts of them are written to a file, and merged whenever they are read. */
export interface NameSpill {
  /** Takes a sorted part. */
  readonly add: (keys: readonly string[]) => Promise<void>;
  /** All that was added and is not before `first`, in order, each once. */
  readonly from: (first: string) => AsyncGenerator<readonly string[], void>;
  readonly close: () => Promise<void>;
}

/** Makes an empty one. Its file is in the system's directory for temporary files, under no name, so that it goes with the process. */
export async function createNameSpill(): Promise<NameSpill> {
  const folder = tmpdir();
  const file = await openNameless(folder).catch((error: unknown) => {
    throw explained(error, folder);
  });
  const runs: SortedRun[] = [];
  return {
    async add(keys) {
      try {
        runs.push(await writeRun(file, runs.at(-1)?.end ?? 0, keys));
      } catch (error) {
        throw explained(error, folder);
      }
    },
    from: (first) => mergeSorted(runs.map((run) => readRun(file, run, first))),
    close: () => file.close(),
  };
}

// Without a name it takes no cleaning up, however the process ends.
async function openNameless(folder: string): Promise<FileHandle> {
  const path = join(folder, `durable-backup-names-${randomUUID()}`);
  const file = await open(path, 'wx+', 0o600);
  await unlink(path);
  return file;
}

// Not the system's own error, which would be taken for one of the directory.
function explained(error: unknown, folder: string): Error {
  const { message } = error as Error;
  return new Error(
    `a directory has too many names to sort them in memory, and a temporary file could not be written (${message}): ` +
      `make space in ${folder}, or set TMPDIR to a directory that can be written`,
    { cause: error },
  );
}
