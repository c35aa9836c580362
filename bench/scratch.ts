import { mkdtemp, realpath, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Closing } from './closing.ts';

/** A new directory that is gone when the bench ends; without symlinks in its path. */
export async function openScratch(closing: Closing): Promise<string> {
  const directory = await closing.open(
    () => mkdtemp(join(tmpdir(), 'durable-backup-bench-')),
    (made) => rm(made, { recursive: true, force: true, maxRetries: 5 }),
  );
  return realpath(directory);
}
