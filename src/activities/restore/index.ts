import type { ActivityDependencies } from '../dependencies.ts';
import { createCommitRestore } from './commit-restore.ts';
import { createListRestore } from './list-restore.ts';
import { createListUnrestored } from './list-unrestored.ts';
import { createOpenRestore } from './open-restore.ts';
import { createRestoreFiles } from './restore-files.ts';
import { createSealRestorePage } from './seal-restore-page.ts';
import { createTargets } from './targets.ts';

/** The effects of a restore, in the order in which the workflow asks for them. Each may run twice and then changes nothing more. */
export function createRestoreActivities(deps: ActivityDependencies) {
  const targets = createTargets(deps.roots);
  return {
    openRestore: createOpenRestore(deps, targets),
    listRestore: createListRestore(deps, targets),
    listUnrestored: createListUnrestored(deps, targets),
    restoreFiles: createRestoreFiles(deps, targets),
    sealRestorePage: createSealRestorePage(deps),
    commitRestore: createCommitRestore(deps, targets),
  };
}
