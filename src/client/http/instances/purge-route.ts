import { Router } from 'express';
import { isEnded } from '../../jobs/job.ts';
import type { AppDependencies } from '../app-dependencies.ts';
import type { Keys } from '../server/keys.ts';
import { onInstance } from './on-instance.ts';
import { HttpProblem } from '../problem.ts';

/** `DELETE /{instanceId}`: forgets an instance that has ended. */
export function createPurgeRoute({ jobs }: AppDependencies, keys: Keys): Router {
  const router = Router();
  router.delete(
    '/:instanceId',
    onInstance(keys, async (_request, response, instanceId) => {
      const status = await jobs.runtimeStatus(instanceId);
      if (status !== undefined && !isEnded(status)) {
        throw new HttpProblem(
          412,
          `Only orchestrations in a terminal state can be purged, but the orchestration with instance ID ${instanceId} has status ${status}`,
        );
      }
      if (status !== undefined && (await jobs.purge(instanceId))) response.json({ instancesDeleted: 1 });
      else response.status(404).end();
    }),
  );
  return router;
}
