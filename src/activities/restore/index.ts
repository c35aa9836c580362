import type { ActivityDependencies } from '../dependencies.ts';
import { createCommitRestore } from './finish/commit-restore.ts';
import { createListRestore } from './plan/list-restore.ts';
import { createListUnrestored } from './finish/list-unrestored.ts';
import { createOpenRestore } from './plan/open-restore.ts';
import { createRestoreFiles } from './write/restore-files.ts';
import { createSealPage } from '../paged/seal-page.ts';
import { restoreKind } from './rows.ts';
import { createTargets } from './target/targets.ts';

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
