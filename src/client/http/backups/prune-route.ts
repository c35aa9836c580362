import { Router } from 'express';
import { workflowNames } from '../../../contracts/job.ts';
import type { AppDependencies } from '../app-dependencies.ts';
import type { Keys } from '../server/keys.ts';
import type { Orchestrator } from '../instances/orchestrators.ts';
import { readObject } from '../read-object.ts';
import { startsOf } from '../instances/start-route.ts';
import { pruneBodySchema } from './prune-schemas.ts';

const prune: Orchestrator = {
  name: workflowNames.prune,
  maxBody: 64 * 1024,
  hint: 'send an object, such as {"dryRun":true}',
  read: async (value) => {
    const input = readObject(pruneBodySchema, value ?? {}, 'a prune');
    return { args: [input], summary: input.prefix ? `Prune ${input.prefix}` : 'Prune' };
  },
};

/** `POST /prune`: starts a prune. */
export function createPruneRoute(deps: AppDependencies, keys: Keys): Router {
  const router = Router();
  router.post('/prune', ...startsOf(deps, keys, () => prune));
  return router;
}
