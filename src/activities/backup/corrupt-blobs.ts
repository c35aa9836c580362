import { log } from '@temporalio/activity';
import { z } from 'zod';
import { firstShard } from '../../history/entries/first-shard.ts';
import { manifestInvalid } from '../../history/records/manifest-invalid.ts';
import { readBlob } from '../../history/records/read-blob.ts';
import { parseSealed } from '../../history/records/manifest-checksum.ts';
import type { Run } from '../../contracts/backup.ts';
import { entryKey, type PageEntry } from '../../contracts/manifest.ts';
import type { VerifiedFile } from '../../contracts/verification.ts';
import { BlobStoreError, type BlobStore } from '../../storage/blob-store.ts';
import { jobLayout, jobsFolder } from '../../storage/run-layout.ts';
import { followEntries, type EntryFollower } from '../paged/follow-entries.ts';
import { readShard } from '../paged/shard.ts';
import { reasonOf } from '../../lib/message-of.ts';

const reportSchema = z.object({
  root: z.string(),
  tally: z.object({ corrupt: z.number() }),
  shards: z.array(z.object({ blob: z.string(), sha256: z.string(), entries: z.number(), first: z.string() })),
});

type Report = z.infer<typeof reportSchema>;

/** What the verifications of a root found of the blobs of files that are asked for in the order of the walk. */
export interface CorruptBlobs {
  /** Whether the blob that the base run stored was found to hold something else: its etag alone would not tell. */
  includes(entry: PageEntry): Promise<boolean>;
  close(): Promise<void>;
}

export async function openCorruptBlobs(
  store: BlobStore,
  { prefix, root }: Pick<Run, 'prefix' | 'root'>,
  { after, signal }: { readonly after: string | undefined; readonly signal: AbortSignal },
): Promise<CorruptBlobs> {
  const ledgers: EntryFollower<VerifiedFile>[] = [];
  for await (const id of store.listFolders(jobsFolder('verifications', prefix), signal)) {
    const report = await readReport(store, jobLayout('verifications', { prefix, id }).manifest, signal);
    const isOfUse = report?.root === root && report.tally.corrupt > 0;
    if (isOfUse) ledgers.push(followEntries(corruptRows(store, report, after ?? '', signal)));
  }
  return {
    async includes(entry) {
      // All are asked, for each has to keep up with the walk.
      const rows = await Promise.all(ledgers.map((ledger) => ledger.at(entryKey(entry))));
      return rows.some((row) => row !== undefined && row.etag === entry.before?.etag);
    },
    close: async () => void (await Promise.all(ledgers.map((ledger) => ledger.close()))),
  };
}

/** Undefined for a verification that has not ended, or whose report cannot be read. */
async function readReport(store: BlobStore, name: string, signal: AbortSignal): Promise<Report | undefined> {
  return orWarn(name, signal, async () => {
    const found = await readBlob(store, name, signal);
    const report = found && parseSealed(reportSchema, found.bytes);
    if (found && !report) throw manifestInvalid(name, 'is no report');
    return report;
  });
}

async function* corruptRows(
  store: BlobStore,
  { shards }: Report,
  after: string,
  signal: AbortSignal,
): AsyncGenerator<VerifiedFile> {
  for (const { blob } of shards.slice(firstShard(shards, after))) {
    const rows = await orWarn(blob, signal, () => readShard<VerifiedFile>(store, blob, signal));
    for (const row of rows ?? []) if (row.outcome === 'corrupt') yield row;
  }
}

// A ledger that is damaged must not keep anybody from making a backup.
async function orWarn<T>(blob: string, signal: AbortSignal, read: () => Promise<T>): Promise<T | undefined> {
  try {
    return await read();
  } catch (error) {
    signal.throwIfAborted();
    if (error instanceof BlobStoreError) throw error;
    log.warn('what a verification found cannot be read and is left out', { blob, reason: reasonOf(error) });
    return undefined;
  }
}
