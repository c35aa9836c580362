import type { Page } from '../../contracts/contract.ts';
import { eachConcurrently } from '../../lib/each-concurrently.ts';
import type { Verification, VerifiedFile } from '../../contracts/verification.ts';
import type { BlobStore } from '../../storage/blob-store.ts';
import { jobLayout } from '../../storage/run-layout.ts';
import type { ActivityDependencies } from '../dependencies.ts';
import type { Attempt } from '../paged/activity.ts';
import { writePage } from '../paged/page.ts';
import { readShard } from '../paged/shard.ts';
import { hasFailed, listedFile, needsReading, type ListedFile } from './listed-file.ts';
import { lookUp } from './look-up.ts';

const lookUpsAtOnce = 8;

/**
 * Lists what was missing, corrupt or impossible to check of a page into a page of the verification's present round, looked at again:
 * a deep one reads all of it, a quick one looks each file up.
 */
export function createListUnverified({ store }: ActivityDependencies) {
  return async ({ signal }: Attempt, verification: Verification, number: number): Promise<Page> => {
    const layout = jobLayout('verifications', verification);
    const { options, deep } = verification;
    const failed = (await readShard<VerifiedFile>(store, layout.shard(number), signal)).filter(hasFailed);
    const files = failed.map(listedFile);
    const entries = deep ? files : await lookUpAll(store, files, signal);
    const plan = { number, entries, last: true, options, needsCopy: needsReading };
    return writePage(store, layout.page(number), plan, signal);
  };
}

async function lookUpAll(store: BlobStore, files: readonly ListedFile[], signal: AbortSignal): Promise<ListedFile[]> {
  const found: ListedFile[] = [];
  await eachConcurrently(files, lookUpsAtOnce, async (file, index) => {
    found[index] = { ...file, finding: (await lookUp(store, file, signal)) ?? { outcome: 'intact' } };
  });
  return found;
}
