import { eachConcurrently } from '../../lib/each-concurrently.ts';
import type { BlobStore } from '../../storage/blob-store.ts';
import type { ActivityDependencies } from '../dependencies.ts';
import { createListFailed } from '../paged/list-failed.ts';
import { listedFile, verificationKind, type ListedFile } from './kind.ts';
import { lookUp } from './look-up.ts';

const lookUpsAtOnce = 8;

/**
 * Lists what was missing, corrupt or impossible to check of a page, looked at again: a deep verification reads all of it, a quick one looks
 * each file up.
 */
export function createListUnverified({ store }: ActivityDependencies) {
  return createListFailed(store, verificationKind, async ({ job, failed, signal }) => {
    const files = failed.map(listedFile);
    return { entries: job.deep ? files : await lookUpAll(store, files, signal) };
  });
}

async function lookUpAll(store: BlobStore, files: readonly ListedFile[], signal: AbortSignal): Promise<ListedFile[]> {
  const found: ListedFile[] = [];
  await eachConcurrently(files, lookUpsAtOnce, async (file, index) => {
    found[index] = { ...file, finding: (await lookUp(store, file, signal)) ?? { outcome: 'intact' } };
  });
  return found;
}
