import { runningSchema, type Running } from '../../history/runs/running-mark.ts';
import { ExpectedError, failureTypes } from '../../contracts/failures.ts';
import type { BlobStore } from '../../storage/blob-store.ts';
import { runningFolder } from '../../storage/run-layout.ts';
import { readClaim } from '../../claims/claim.ts';
import type { IsRunning } from '../../claims/claim-root.ts';

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
    if (found.value?.format !== 1) throw unreadable(name);
    const { instanceId, firstRunId } = found.value;
    if (await isRunning(instanceId, firstRunId)) running.push(found.value);
  }
  return running;
}

function unreadable(blob: string): ExpectedError {
  return new ExpectedError(
    failureTypes.pruneRefused,
    `${blob} says that a backup is under way and cannot be read: upgrade durable-backup, or delete it when no backup runs`,
  );
}
