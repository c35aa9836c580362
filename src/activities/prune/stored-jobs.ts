import { z } from 'zod';
import { readBlob } from '../../history/records/read-blob.ts';
import { parseSealed } from '../../history/records/manifest-checksum.ts';
import { ExpectedError, failureTypes } from '../../contracts/failures.ts';
import { eachConcurrently } from '../../lib/each-concurrently.ts';
import type { BlobStore } from '../../storage/blob-store.ts';
import { jobLayout, jobsFolder } from '../../storage/run-layout.ts';
import { readClaim } from '../../claims/claim.ts';
import type { IsRunning } from '../../claims/claim-root.ts';
import { readingSchema } from '../../claims/mark-reading.ts';

const readsAtOnce = 8;
const reportSchema = z.object({ run: z.string(), complete: z.boolean() });
const kinds = ['restores', 'verifications'] as const;

/** A restore or a verification, by what it left. */
export interface StoredReader {
  readonly kind: (typeof kinds)[number];
  readonly id: string;
  /** The run that it reads; undefined where nothing tells. */
  readonly run: string | undefined;
  /** `under way` it runs, or may; `ended` it will never go on; `rewindable` what failed of it may be taken up again. */
  readonly state: 'under way' | 'ended' | 'rewindable';
}

/**
 * The restores and verifications below a prefix. One that left nothing to tell its run by is taken to be under way. Throws `PruneRefused`
 * where that is there and cannot be read.
 */
export async function storedReaders(
  store: BlobStore,
  prefix: string,
  isRunning: IsRunning,
  signal: AbortSignal,
): Promise<StoredReader[]> {
  const readers: StoredReader[] = [];
  for (const kind of kinds) {
    await eachConcurrently(store.listFolders(jobsFolder(kind, prefix), signal), readsAtOnce, async (id) => {
      readers.push({ kind, id, ...(await look(store, { kind, prefix, id }, isRunning, signal)) });
    });
  }
  return readers;
}

async function look(
  store: BlobStore,
  { kind, prefix, id }: Pick<StoredReader, 'kind' | 'id'> & { readonly prefix: string },
  isRunning: IsRunning,
  signal: AbortSignal,
): Promise<Pick<StoredReader, 'run' | 'state'>> {
  const layout = jobLayout(kind, { prefix, id });
  const report = await readReport(store, layout.manifest, signal);
  if (report?.complete === true) return { run: report.run, state: 'ended' };
  const reading = await readReading(store, layout.reading, signal);
  const isUnderWay = reading !== undefined && (await isRunning(reading.instanceId));
  if (report) return { run: report.run, state: isUnderWay ? 'under way' : 'rewindable' };
  // What an earlier version began has left no such mark, and may go on.
  if (reading === undefined) return { run: undefined, state: 'under way' };
  // One that failed without a report may be rewound too, and goes on from what it carries.
  return { run: reading.run, state: isUnderWay ? 'under way' : 'rewindable' };
}

async function readReading(store: BlobStore, blob: string, signal: AbortSignal) {
  const found = await readClaim({ store, blob, schema: readingSchema, signal });
  // Which run it needs cannot be told then.
  if (found && !found.value) throw unreadable(blob);
  return found?.value;
}

async function readReport(store: BlobStore, name: string, signal: AbortSignal) {
  const found = await readBlob(store, name, signal);
  return found && parseSealed(reportSchema, found.bytes);
}

function unreadable(blob: string): ExpectedError {
  return new ExpectedError(
    failureTypes.pruneRefused,
    `${blob} says which run a job reads and cannot be read: upgrade durable-backup, or delete its folder when that job has ended`,
  );
}
