import type { ActivityDependencies } from '../dependencies.ts';
import type { ManifestShard } from '../../contracts/manifest.ts';
import type { Verification } from '../../contracts/verification.ts';
import { jobLayout } from '../../storage/run-layout.ts';
import { createCommit } from '../paged/commit.ts';
import { createSealPage } from '../paged/seal-page.ts';
import { isExtraShard } from './extra-blobs.ts';
import { verificationKind } from './kind.ts';
import { createListUnverified, createListVerification } from './list-verification.ts';
import { createOpenVerification } from './open-verification.ts';
import { createVerifyFiles } from './verify-files.ts';

/** The effects of a verification, in the order in which the workflow asks for them. Each may run twice and then changes nothing more. */
export function createVerifyActivities(deps: ActivityDependencies) {
  return {
    openVerification: createOpenVerification(deps),
    listVerification: createListVerification(deps),
    listUnverified: createListUnverified(deps),
    verifyFiles: createVerifyFiles(deps),
    sealVerificationPage: createSealPage(deps.store, verificationKind),
    commitVerification: createCommit(deps.store, verificationKind, ownOf),
  };
}

/** What only the report of a verification tells. */
function ownOf(verification: Verification, shards: readonly ManifestShard[]) {
  const { id, run, root, deep, sample, subset } = verification;
  const layout = jobLayout('verifications', verification);
  return {
    verification: id,
    run,
    root,
    deep,
    ...(sample !== undefined && { sample }),
    ...(subset !== undefined && { subset }),
    // Names of blobs are no paths: nobody who looks for one must be led past the shards of the pages.
    shards: shards.map((shard) => (isExtraShard(layout, shard.blob) ? { ...shard, first: '' } : shard)),
  };
}
