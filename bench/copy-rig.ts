import { randomUUID } from 'node:crypto';
import { join } from 'node:path';
import { BlobServiceClient } from '@azure/storage-blob';
import { MockActivityEnvironment } from '@temporalio/testing';
import { DefaultLogger } from '@temporalio/worker';
import { createActivities, type Activities } from '../src/activities/index.ts';
import { createMemoryBudget } from '../src/activities/paged/memory-budget.ts';
import { defaultJobOptions } from '../src/contracts/job.ts';
import type { Run } from '../src/contracts/backup.ts';
import { openBlobStore } from '../src/storage/open-blob-store.ts';
import type { Closing } from './closing.ts';
import { openScratch } from './scratch.ts';
import { openAzurite } from './servers.ts';
import { writeSmallFiles } from './trees.ts';

const memory = 128 * 1024 * 1024;
const logger = new DefaultLogger('ERROR');

export interface CopyRig {
  /** A run with a container of its own, and the activities that do it. */
  readonly openRun: () => Promise<{ run: Run; activities: Activities; close: () => Promise<void> }>;
}

/** A tree of small files, and the storage that they go to: the one given, or an embedded Azurite. */
export async function openCopyRig(closing: Closing, files: number, connectionString?: string): Promise<CopyRig> {
  const directory = await openScratch(closing);
  const root = join(directory, 'tree');
  await writeSmallFiles(root, files);
  const stack = connectionString === undefined ? await openAzurite(closing, join(directory, 'data')) : undefined;
  const storage = connectionString ?? stack?.connectionString ?? '';
  return {
    openRun: async () => {
      const container = `bench-${randomUUID()}`;
      const store = openBlobStore({ connectionString: storage }, container);
      await store.ensureContainer(new AbortController().signal);
      const activities = createActivities({
        store,
        prefix: '',
        host: 'bench',
        roots: [directory],
        workingDirectory: root,
        memory: createMemoryBudget(memory),
        isRunning: () => Promise.resolve(false),
      });
      const run = { id: '20260102T030405Z-0123abcd', root, container, prefix: '', options: defaultJobOptions };
      const account = BlobServiceClient.fromConnectionString(storage);
      const remove = async () => void (await account.deleteContainer(container));
      const forget = closing.add(remove);
      const close = () => {
        forget();
        return remove();
      };
      return { run, activities, close };
    },
  };
}

/** Runs an activity as Temporal would. */
export function perform<P extends unknown[], R>(activity: (...args: P) => Promise<R>, ...args: P): Promise<R> {
  return new MockActivityEnvironment({ attempt: 1 }, { logger }).run(activity, ...args);
}
