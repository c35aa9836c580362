import type { ActivityDependencies } from '../dependencies.ts';
import { createSealPage } from '../paged/seal-page.ts';
import { createCommitRestore } from './finish/commit-restore.ts';
import { restoreKind } from './ledger.ts';
import { createListRestore, createListUnrestored } from './plan/list-restore.ts';
import { createOpenRestore } from './plan/open-restore.ts';
import { createTargets } from './target/targets.ts';
import { createRestoreFiles } from './write/restore-files.ts';

/** The effects of a restore, in the order in which the workflow asks for them. Each may run twice and then changes nothing more. */
export function createRestoreActivities(deps: ActivityDependencies) {
  const targets = createTargets(deps.roots);
  return {
    openRestore: createOpenRestore(deps, targets),
    listRestore: createListRestore(deps, targets),
    listUnrestored: createListUnrestored(deps, targets),
    restoreFiles: createRestoreFiles(deps, targets),
    sealRestorePage: createSealPage(deps.store, restoreKind),
    commitRestore: createCommitRestore(deps, targets),
  };
}
