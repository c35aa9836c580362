import { Router } from 'express';
import type { JobStatus } from '../jobs/job.ts';
import type { AppDependencies } from './app-dependencies.ts';
import type { Keys } from './keys.ts';
import { originOf } from './origin.ts';

const retryAfterPoll = '5';
const unfinished = new Set(['Pending', 'Running', 'Suspended']);

/** `GET /{instanceId}`: 202 with its own address while the instance runs, 200 once it has ended. */
export function createInstanceRoutes({ jobs }: AppDependencies, keys: Keys): Router {
  const router = Router();
  router.get('/:instanceId', async (request, response) => {
    const { instanceId } = request.params;
    keys.check(request, instanceId);
    const status = await jobs.status(instanceId);
    if (!status) {
      response.status(404).end();
      return;
    }
    if (unfinished.has(status.runtimeStatus)) {
      // The caller's own query stays in the address, with the code and the flags it polls with.
      const location = `${originOf(request)}${request.originalUrl}`;
      response.status(202).set({ Location: location, 'Retry-After': retryAfterPoll });
    }
    response.json(statusBody(status));
  });
  return router;
}

/** The members and their order are those of Durable Functions; `null` stands for what is not there yet. */
function statusBody({ createdTime, lastUpdatedTime, ...status }: JobStatus) {
  const { name, instanceId, runtimeStatus, input, customStatus, output } = status;
  const times = { createdTime: wholeSeconds(createdTime), lastUpdatedTime: wholeSeconds(lastUpdatedTime) };
  return { name, instanceId, runtimeStatus, input, customStatus, output, ...times };
}

function wholeSeconds(time: Date): string {
  return `${time.toISOString().slice(0, 19)}Z`;
}
