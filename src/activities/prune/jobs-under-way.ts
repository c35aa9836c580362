import { z } from 'zod';
import type { IsRunning } from '../../claims/claim-root.ts';
import { readClaim } from '../../claims/claim.ts';
import { readingSchema } from '../../claims/reading-mark.ts';
import { ExpectedError, failureTypes } from '../../contracts/failures.ts';
import type { EarlierBackup, Prune } from '../../contracts/prune.ts';
import { parseSealed } from '../../history/records/manifest-checksum.ts';
import { readBlob } from '../../history/records/read-blob.ts';
import { runningSchema, type Running } from '../../history/runs/running-mark.ts';
import { eachConcurrently } from '../../lib/each-concurrently.ts';
import type { BlobStore } from '../../storage/blob-store.ts';
import { jobLayout, jobsFolder, runningFolder } from '../../storage/run-layout.ts';
import type { ActivityDependencies } from '../dependencies.ts';
import type { Attempt } from '../paged/activity.ts';

const readsAtOnce = 8;
const reportSchema = z.object({ run: z.string(), complete: z.boolean() });
const kinds = ['restores', 'verifications'] as const;

/**
 * The backups below a prefix that are under way, by the marks that each leaves before it writes anything. Throws `PruneRefused` when a
 * mark cannot be read.
 */
export async function runningBackups(
  store: BlobStore,
  prefix: string,
  isRunning: IsRunning,
  signal: AbortSignal,
): Promise<Running[]> {
  const running: Running[] = [];
  for await (const { name } of store.list(runningFolder(prefix), signal)) {
    const found = await readClaim({ store, blob: name, schema: runningSchema, signal });
    if (found === undefined) continue;
    if (found.value?.format !== 1)
      throw unreadable(`${name} says that a backup is under way`, 'it when no backup runs');
    const { instanceId, firstRunId } = found.value;
    if (await isRunning(instanceId, firstRunId)) running.push(found.value);
  }
  return running;
}

/**
 * The backups below the prefix that are under way, and of `among` those that still are. One that begins later has seen that there is a
 * prune, so only those need be waited for that this finds first. One that took its mark away waits for the prune itself.
 */
export function createFindBackups({ store, isRunning }: ActivityDependencies) {
  return async ({ signal }: Attempt, { prefix }: Prune, among?: readonly EarlierBackup[]): Promise<EarlierBackup[]> => {
    const found = await runningBackups(store, prefix, isRunning, signal);
    return found
      .map(({ instanceId, firstRunId }) => ({ instanceId, firstRunId }))
      .filter(({ firstRunId }) => among === undefined || among.some((earlier) => earlier.firstRunId === firstRunId));
  };
}

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
  if (found && !found.value)
    throw unreadable(`${blob} says which run a job reads`, 'its folder when that job has ended');
  return found?.value;
}

async function readReport(store: BlobStore, name: string, signal: AbortSignal) {
  const found = await readBlob(store, name, signal);
  return found && parseSealed(reportSchema, found.bytes);
}

function unreadable(what: string, toDelete: string): ExpectedError {
  return new ExpectedError(
    failureTypes.pruneRefused,
    `${what} and cannot be read: upgrade durable-backup, or delete ${toDelete}`,
  );
}
