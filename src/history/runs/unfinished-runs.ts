import { canceledBackup } from '../../contracts/backup.ts';
import { eachConcurrently } from '../../lib/each-concurrently.ts';
import { isBlobStoreError, type BlobStore } from '../../storage/blob-store.ts';
import { runningFolder } from '../../storage/run-layout.ts';
import { readBlob } from '../records/read-blob.ts';
import { parseSealed } from '../records/manifest-checksum.ts';
import { failedBackupsBelow } from './failed-backups.ts';
import { runningSchema } from './running-mark.ts';

/** What is known of a run without a manifest. */
export interface UnfinishedRun {
  readonly root: string;
  readonly instanceId: string;
  /** When it was stopped or failed, in ISO 8601; absent where nobody noted that: it may be under way. */
  readonly stoppedAt?: string;
  /** Why it failed; absent where somebody stopped it. */
  readonly reason?: string;
}

const readsAtOnce = 8;

/** What the marks of backups below a prefix tell of runs without a manifest, by id: those of earlier versions tell no directory. */
export async function unfinishedRuns(
  store: BlobStore,
  prefix: string,
  signal: AbortSignal,
): Promise<ReadonlyMap<string, UnfinishedRun>> {
  const known = new Map<string, UnfinishedRun>();
  const begunAt = new Map<string, string>();
  await eachConcurrently(existing(store, prefix, signal), readsAtOnce, async ({ name }) => {
    const found = await readBlob(store, name, signal);
    const mark = found && parseSealed(runningSchema, found.bytes);
    if (mark?.root === undefined) return;
    known.set(mark.run, { root: mark.root, instanceId: mark.instanceId });
    begunAt.set(mark.run, mark.startedAt);
  });
  for (const [root, failures] of await failedBackupsBelow(store, prefix, signal))
    for (const { run, at, instanceId, type, message } of failures) {
      const reason = type === canceledBackup ? {} : { reason: `${type}: ${message}` };
      // What failed may have been taken up again since.
      if (run !== undefined && at > (begunAt.get(run) ?? ''))
        known.set(run, { root, instanceId, stoppedAt: at, ...reason });
    }
  return known;
}

// Where nothing was backed up there is no container either.
async function* existing(store: BlobStore, prefix: string, signal: AbortSignal) {
  try {
    yield* store.list(runningFolder(prefix), signal);
  } catch (error) {
    if (!isBlobStoreError(error, 'not-found')) throw error;
  }
}
