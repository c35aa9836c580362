import type { Page } from '../../contracts/job.ts';
import type { Verification } from '../../contracts/verification.ts';
import type { BlobStore } from '../../storage/blob-store.ts';
import { jobLayout } from '../../storage/run-layout.ts';
import type { ActivityDependencies } from '../dependencies.ts';
import type { Attempt } from '../paged/activity.ts';
import { readFixedManifest } from '../../history/records/read-manifest.ts';
import { readPage, writePage } from '../paged/page.ts';
import { compareWithListing } from './compare-with-listing.ts';
import { createExtraBlobs } from './extra-blobs.ts';
import { verificationKind, listedFile, type ListedFile } from './kind.ts';
import { eachConcurrently } from '../../lib/each-concurrently.ts';
import { createListFailed } from '../paged/list-failed.ts';
import { lookUp } from './look-up.ts';

/**
 * Lists a page of the run's files, each with what a listing of the container says of it or, in a deep verification, the copy that
 * reads it. A listing has to be walked from its start, so the first call walks it, once for the whole run, and leaves the blobs of all
 * pages and the ledger's rows of extra blobs behind; the later calls only describe a page that is there. In a quick verification pages
 * have no copies, and what is left to do with one is to seal it.
 */
export function createListVerification({ store }: ActivityDependencies) {
  return ({ signal, show }: Attempt, verification: Verification, number: number, _cursor?: string): Promise<Page> => {
    const progress = show({ listed: 0 });
    return number === 0
      ? listAll(store, verification, signal, () => (progress.listed += 1))
      : readPage(store, jobLayout('verifications', verification).page(number), number, signal);
  };
}

/** Returns the first page. */
async function listAll(
  store: BlobStore,
  verification: Verification,
  signal: AbortSignal,
  onFile: () => void,
): Promise<Page> {
  const { prefix, sample, subset } = verification;
  const layout = jobLayout('verifications', verification);
  const manifest = await readFixedManifest(store, verification, signal);
  const isOfAll = sample === undefined && subset === undefined;
  const extra = isOfAll ? createExtraBlobs({ store, signal }, { prefix, layout }) : undefined;
  let first: Page | undefined;
  let number = 0;
  for await (const compared of compareWithListing({ store, verification, manifest, extra, signal, onFile })) {
    const page = await writePage(store, verificationKind, verification, { number, ...compared }, signal);
    first ??= page;
    number += 1;
  }
  await extra?.end();
  return first ?? readPage(store, layout.page(0), 0, signal);
}

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
