import { z } from 'zod';
import { addTallies, type CommittedReport, type Counts, type JobClosing } from '../../contracts/job.ts';
import type { ManifestShard } from '../../contracts/manifest.ts';
import { sealManifest, parseSealed } from '../../history/records/manifest-checksum.ts';
import { readBlob } from '../../history/records/read-blob.ts';
import { isBlobStoreError, type BlobStore, type Precondition } from '../../storage/blob-store.ts';
import { jobLayout } from '../../storage/run-layout.ts';
import type { Attempt } from './activity.ts';
import type { CopyOutcome, PagedJob, PagedKind, PageRow } from './kind.ts';
import { selectionOf, type SelectionResult } from './selection-result.ts';
import { describeShard, type OutcomeRow } from './shard.ts';

/** The shards whose names begin with `prefix`, in order, the sum of what they count, and what filters did on the page of each. */
export async function sumShards<T extends Counts<T>>(
  store: BlobStore,
  prefix: string,
  empty: T,
  signal: AbortSignal,
): Promise<{ shards: ManifestShard[]; tally: T; selections: SelectionResult[] }> {
  const shards: ManifestShard[] = [];
  const selections: SelectionResult[] = [];
  let tally = empty;
  for await (const blob of store.list(prefix, signal)) {
    const described = describeShard(blob);
    shards.push(described.shard);
    selections.push(selectionOf(blob));
    tally = addTallies(tally, described.tally as T);
  }
  return { shards, tally, selections };
}

/**
 * Makes what writes the report over all shards of a ledger, the last write of a restore or a verification, and returns its address and the
 * sum of the shards. `own` is what only reports of this kind tell, and may tell other shards.
 */
export function createCommit<
  J extends PagedJob,
  E extends PageRow,
  O extends CopyOutcome,
  R extends OutcomeRow,
  T extends Counts<T> & { readonly failed: number },
>(store: BlobStore, kind: PagedKind<J, E, O, R, T>, own: (job: J, shards: readonly ManifestShard[]) => object) {
  return async ({ signal }: Attempt, job: J, { startedAt, finishedAt }: JobClosing): Promise<CommittedReport<T>> => {
    const layout = jobLayout(kind.name, job);
    const { shards, tally } = await sumShards(store, layout.shards, kind.emptyTally, signal);
    const report = {
      format: 1,
      startedAt,
      finishedAt,
      tally,
      shards,
      complete: tally.failed === 0,
      ...own(job, shards),
    };
    return { report: await writeLast(store, layout.manifest, report, signal), tally };
  };
}

const lastSchema = z.object({ complete: z.boolean() });

/**
 * Writes the JSON that ends a job, with its checksum, and returns its address. One that is complete stays as it is; what an earlier attempt
 * or round wrote otherwise gives way, unless another writer comes in between. `isComplete` looks at what is there more closely than that.
 */
export async function writeLast(
  store: BlobStore,
  name: string,
  last: { readonly complete: boolean },
  signal: AbortSignal,
  {
    metadata = {},
    isComplete = () => saysComplete(store, name, signal),
  }: { readonly metadata?: Readonly<Record<string, string>>; readonly isComplete?: () => Promise<boolean> } = {},
): Promise<string> {
  const body = Buffer.from(`${JSON.stringify(sealManifest(last), null, 2)}\n`);
  const put = (precondition: Precondition) =>
    store.put(name, body, { signal, precondition, metadata, contentType: 'application/json' });
  try {
    await put({ absent: true });
  } catch (error) {
    if (!isBlobStoreError(error, 'precondition-failed')) throw error;
    const found = await store.properties(name, signal);
    // Refused, and yet nothing is there: whoever was in the way is gone, or never was.
    if (!found) throw error;
    if (!(await isComplete())) await put({ etag: found.etag });
  }
  return `${store.container}/${name}`;
}

// What cannot be read is of no use to anybody, so it gives way too.
async function saysComplete(store: BlobStore, name: string, signal: AbortSignal): Promise<boolean> {
  const found = await readBlob(store, name, signal);
  return found !== undefined && parseSealed(lastSchema, found.bytes)?.complete === true;
}
