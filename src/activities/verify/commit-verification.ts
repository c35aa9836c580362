import type { CommittedReport } from '../../contracts/contract.ts';
import type { Verification, VerificationReport, VerificationTally } from '../../contracts/verification.ts';
import { emptyVerificationTally } from '../../contracts/verification-tally.ts';
import { jobLayout } from '../../storage/run-layout.ts';
import type { ActivityDependencies } from '../dependencies.ts';
import type { Attempt } from '../paged/activity.ts';
import { sumShards, writeReport } from '../paged/report.ts';
import { isExtraShard } from './extra-blobs.ts';

/** Writes the report over all shards of the ledger, the last write of a verification, and returns its address and the sum of the shards. */
export function createCommitVerification({ store }: ActivityDependencies) {
  return async (
    { signal }: Attempt,
    verification: Verification,
    times: { startedAt: string; finishedAt: string },
  ): Promise<CommittedReport<VerificationTally>> => {
    const layout = jobLayout('verifications', verification);
    const { shards, tally } = await sumShards(store, layout.shards, emptyVerificationTally, signal);
    // Names of blobs are no paths: nobody who looks for one must be led past the shards of the pages.
    const ledger = shards.map((shard) => (isExtraShard(layout, shard.blob) ? { ...shard, first: '' } : shard));
    const { id, run, root, deep, sample, subset } = verification;
    const report: Omit<VerificationReport, 'checksum'> = {
      format: 1,
      verification: id,
      run,
      root,
      deep,
      ...(sample !== undefined && { sample }),
      ...(subset !== undefined && { subset }),
      ...times,
      tally,
      shards: ledger,
      complete: tally.failed === 0,
    };
    await writeReport(store, layout.manifest, report, signal);
    return { report: `${store.container}/${layout.manifest}`, tally };
  };
}
