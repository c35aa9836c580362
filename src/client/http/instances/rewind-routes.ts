import { Router, type Request } from 'express';
import { JobExistsError } from '../../jobs/jobs.ts';
import { createStartAnswer } from './answer-start.ts';
import type { AppDependencies } from '../app-dependencies.ts';
import { readWait } from '../server/bounded-wait.ts';
import type { Keys } from '../server/keys.ts';
import { onInstance } from './on-instance.ts';
import { HttpProblem } from '../problem.ts';
import { readQuery } from '../query.ts';
import { refuseRewind } from './refuse-rewind.ts';

/** `POST /{instanceId}/rewind` runs again what failed, `POST /{instanceId}/restart` the whole, under a new id unless told otherwise. */
export function createAgainRoutes(deps: AppDependencies, keys: Keys): Router {
  const { jobs } = deps;
  const router = Router();
  const answer = createStartAnswer(deps, keys);
  router.post(
    '/:instanceId/rewind',
    onInstance(keys, async (request, response, instanceId) => {
      const refuse = (code: number, reason: string) => refuseRewind(request as Request, response, code, reason);
      const status = await jobs.runtimeStatus(instanceId);
      if (status !== undefined && status !== 'Failed') {
        refuse(
          412,
          `Only failed orchestrations can be rewound, but the orchestration with instance ID ${instanceId} has status ${status}`,
        );
        return;
      }
      const rewound = status === undefined ? 'unknown' : await jobs.rewind(instanceId);
      if (rewound === 'unknown') refuse(404, `No orchestration with instance ID "${instanceId}" found.`);
      else if (rewound === 'unsupported') {
        refuse(501, 'Nothing was kept that a rewind could start from: start it again instead');
      } else response.status(202).end();
    }),
  );
  router.post(
    '/:instanceId/restart',
    onInstance(
      keys,
      async (request, response, instanceId) => {
        const patience = readWait(readQuery(request));
        const started = await jobs.restart(instanceId, { newId: wantsNewId(request) }).catch(sayWhichExists);
        if (started === undefined) {
          throw new HttpProblem(400, 'InstanceId does not match a valid orchestration instance.');
        }
        await answer(request as Request, response, { instanceId: started, opener: instanceId, patience });
      },
      // Another instance is more than an address of this one should give.
      (request) => (wantsNewId(request) ? ['restart'] : ['instance', 'restart']),
    ),
  );
  return router;
}

function wantsNewId(request: Pick<Request, 'query'>): boolean {
  return readQuery(request).flag('restartWithNewInstanceId') ?? true;
}

function sayWhichExists(error: unknown): never {
  if (!(error instanceof JobExistsError)) throw error;
  throw new HttpProblem(409, 'A non-terminal instance with this instance ID already exists.');
}
