import { Router } from 'express';
import { workflowNames } from '../../../contracts/job.ts';
import type { AppDependencies } from '../app-dependencies.ts';
import type { Keys } from '../server/keys.ts';
import { findOrchestrator, type Orchestrator } from '../instances/orchestrators.ts';
import { startsOf } from '../instances/start-route.ts';

const backup = findOrchestrator(workflowNames.backup);

const preview: Orchestrator = {
  ...backup,
  name: workflowNames.preview,
  read: async (value, backupRoots) => {
    const start = await backup.read(value, backupRoots);
    return { ...start, summary: `Preview: ${start.summary}` };
  },
};

/** `POST /preview`: starts looking what a backup with the same body would do. */
export function createPreviewRoute(deps: AppDependencies, keys: Keys): Router {
  const router = Router();
  router.post('/preview', ...startsOf(deps, keys, () => preview));
  return router;
}
