import { Router, type Request } from 'express';
import type { AppDependencies } from '../app-dependencies.ts';
import { createAgainRoutes } from './rewind-routes.ts';
import type { Keys } from '../server/keys.ts';
import { createListRoutes } from './list-routes.ts';
import { createMessageRoutes } from './message-routes.ts';
import { onInstance } from './on-instance.ts';
import { createPurgeRoute } from './purge-route.ts';
import { answerStatus } from './status-route.ts';

/** Everything below `/instances`. */
export function createInstanceRoutes(deps: AppDependencies, keys: Keys): Router {
  const router = Router();
  router.get(
    '/:instanceId',
    onInstance(keys, async (request, response, instanceId) => {
      const answer = await answerStatus(deps.jobs, request as Request, instanceId);
      if (answer) response.status(answer.code).set(answer.headers).json(answer.body);
      else response.status(404).end();
    }),
  );
  router.use(createListRoutes(deps, keys));
  router.use(createPurgeRoute(deps, keys));
  router.use(createMessageRoutes(deps, keys));
  router.use(createAgainRoutes(deps, keys));
  return router;
}
