import { type SliceFailure, type FileFailure, type SealedPage } from '../../../contracts/contract.ts';
import { emptyRestoreTally } from '../../../contracts/restore-tally.ts';
import type { Restore, RestoreTally } from '../../../contracts/restore.ts';
import { sumTallies } from '../../../contracts/tally.ts';
import { jobLayout } from '../../../storage/run-layout.ts';
import type { ActivityDependencies } from '../../dependencies.ts';
import type { Attempt } from '../../paged/activity.ts';
import { mergeRows } from '../../paged/merge-rows.ts';
import { readOutcomes } from '../../paged/outcomes.ts';
import { readEntriesOf } from '../../paged/page.ts';
import { reportedFailures } from '../../paged/reported-failures.ts';
import { readShard, writeShard } from '../../paged/shard.ts';
import { isUnrestored, restoreTallyOf, type RestoredPath, type RestoreEntry, type RestoreRow } from '../rows.ts';

/**
 * Joins a page with the outcomes of its copies into one shard of the ledger, where every path of the page stands exactly once, and
 * counts it. `gaveUp` are the copies that failed as a whole: their paths without an outcome count as failed. In a later round what
 * was listed again takes the place of what had failed, and the rest of the shard stays.
 */
export function createSealRestorePage({ store }: ActivityDependencies) {
  return async (
    { signal }: Attempt,
    restore: Restore,
    page: number,
    gaveUp: readonly SliceFailure[],
  ): Promise<SealedPage<RestoreTally>> => {
    const layout = jobLayout('restores', restore);
    const outcomes = await readOutcomes<RestoredPath>(store, layout.outcomes(page), signal);
    const reasons = new Map(gaveUp.map(({ number, reason }) => [number, reason]));
    const listed = await readEntriesOf<RestoreEntry>(store, layout.page(page), signal);
    const sealed = listed.map((entry) => rowOf(entry, outcomes.get(entry.path), reasons));
    const isLater = restore.round !== undefined;
    const before = isLater ? await readShard<RestoreRow>(store, layout.shard(page), signal) : [];
    const rows = mergeRows(before, sealed, isUnrestored);
    const tally = sumTallies(rows.map(restoreTallyOf), emptyRestoreTally);
    await writeShard(store, layout.shard(page), rows, tally, signal);
    return { tally, failures: reportedFailures(failuresOf(rows)) };
  };
}

function rowOf(
  entry: RestoreEntry,
  restored: RestoredPath | undefined,
  reasons: ReadonlyMap<number, string>,
): RestoreRow {
  const { path, kind, size, mtimeNs, mode, sha256, outcome, reason, copy } = entry;
  const decided: Omit<RestoredPath, 'path'> =
    outcome === undefined
      ? { outcome: 'failed', reason: reasons.get(copy ?? -1) ?? 'its copy left no outcome', attempts: 1 }
      : { outcome, attempts: 0 };
  return {
    path,
    kind,
    size,
    mtimeNs,
    mode,
    ...(sha256 !== undefined && { sha256 }),
    ...(reason !== undefined && { reason }),
    ...(restored ?? decided),
  };
}

function failuresOf(rows: readonly RestoreRow[]): FileFailure[] {
  return rows.filter(isUnrestored).map(({ path, reason = '' }) => ({
    path,
    outcome: 'failed',
    reason,
  }));
}
