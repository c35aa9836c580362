import { type SliceFailure, type FileFailure, type SealedPage } from '../../contracts/contract.ts';
import { sumTallies } from '../../contracts/tally.ts';
import type { Verification, VerificationTally, VerifiedFile } from '../../contracts/verification.ts';
import { emptyVerificationTally, verificationTallyOf } from '../../contracts/verification-tally.ts';
import { jobLayout } from '../../storage/run-layout.ts';
import type { ActivityDependencies } from '../dependencies.ts';
import type { Attempt } from '../paged/activity.ts';
import { mergeRows } from '../paged/merge-rows.ts';
import { readOutcomes } from '../paged/outcomes.ts';
import { readEntriesOf } from '../paged/page.ts';
import { reportedFailures } from '../paged/reported-failures.ts';
import { readShard, writeShard } from '../paged/shard.ts';
import { hasFailed, type FileVerdict, type ListedFile } from './listed-file.ts';

/**
 * Joins a page with what its copies found into one shard of the ledger, where every file of the page stands exactly once, and counts
 * it. `gaveUp` are the copies that failed as a whole: their files without a verdict count as failed. In a later round what was looked
 * at again takes the place of what had failed.
 */
export function createSealVerificationPage({ store }: ActivityDependencies) {
  return async (
    { signal }: Attempt,
    verification: Verification,
    page: number,
    gaveUp: readonly SliceFailure[],
  ): Promise<SealedPage<VerificationTally>> => {
    const layout = jobLayout('verifications', verification);
    const shard = layout.shard(page);
    const listed = await readEntriesOf<ListedFile>(store, layout.page(page), signal);
    const verdicts = await readOutcomes<FileVerdict>(store, layout.outcomes(page), signal);
    const reasons = new Map(gaveUp.map(({ number, reason }) => [number, reason]));
    const sealed = listed.map((file) => verifiedFile(file, verdicts.get(file.path), reasons));
    const before = verification.round === undefined ? [] : await readShard<VerifiedFile>(store, shard, signal);
    const rows = mergeRows(before, sealed, hasFailed);
    const tally = sumTallies(rows.map(verificationTallyOf), emptyVerificationTally);
    await writeShard(store, shard, rows, tally, signal);
    return { tally, failures: reportedFailures(failuresOf(rows)) };
  };
}

function verifiedFile(
  { copy, finding, ...file }: ListedFile,
  verdict: FileVerdict | undefined,
  reasons: ReadonlyMap<number, string>,
): VerifiedFile {
  if (verdict) return { ...file, ...verdict };
  if (finding) return { ...file, ...finding, attempts: 0 };
  const reason = (copy === undefined ? undefined : reasons.get(copy)) ?? 'its copy left no outcome';
  return { ...file, outcome: 'failed', reason, attempts: 1 };
}

function failuresOf(rows: readonly VerifiedFile[]): FileFailure[] {
  return rows.filter(hasFailed).map(({ path, outcome, reason = '' }) => ({
    path,
    outcome: outcome === 'missing' || outcome === 'corrupt' ? outcome : 'failed',
    reason,
  }));
}
