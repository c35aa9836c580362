import { Router } from 'express';
import type { ForgetInput } from '../../../contracts/forget.ts';
import type { AppDependencies } from '../app-dependencies.ts';
import { collectBody, readJsonBody } from '../server/json-body.ts';
import type { Keys } from '../server/keys.ts';
import { readObject } from '../read-object.ts';
import { forgetBodySchema } from './forget-schemas.ts';
import { onBackups } from './on-backups.ts';

const maxBody = 256 * 1024;
const hint = 'send an object, such as {"policy":{"daily":7},"dryRun":true}';

/** `POST /forget`: gives up runs, by their ids or by a policy; answered with what became of each. */
export function createForgetRoute(deps: AppDependencies, keys: Keys): Router {
  const router = Router();
  router.post(
    '/forget',
    (request, _response, next) => {
      keys.check(request);
      next();
    },
    collectBody(maxBody),
    onBackups(deps, keys, async ({ request, response, backups, signal }) => {
      const asked = readObject(forgetBodySchema, readJsonBody(request, { hint }), 'what to forget');
      const isUnderWay = (instanceId: string) => deps.jobs.isUnderWay(instanceId);
      response.json(await backups.forget(asked as ForgetInput, isUnderWay, signal));
    }),
  );
  return router;
}
