import { Router, type Request, type Response } from 'express';
import { isEnded, type Delivery } from '../../jobs/job.ts';
import type { AppDependencies } from '../app-dependencies.ts';
import { collectBody, readJsonBody } from '../server/json-body.ts';
import type { Keys } from '../server/keys.ts';
import { onInstance } from './on-instance.ts';
import { HttpProblem } from '../problem.ts';
import { readQuery } from '../query.ts';
import { eventNameSchema } from '../schemas/instance-id.ts';

const maxEvent = 1024 * 1024;
const codes: Readonly<Record<Delivery, number>> = { delivered: 202, unknown: 404, ended: 410 };

/** `POST /{instanceId}/…`: raiseEvent, terminate, suspend and resume. All answer without a body. */
export function createMessageRoutes({ jobs }: AppDependencies, keys: Keys): Router {
  const router = Router();
  const reasonOf = (request: Request) => readQuery(request).text('reason');
  const route = (
    path: string,
    deliver: (instanceId: string, request: Request, response: Response) => Promise<Delivery>,
  ) =>
    router.post(
      `/:instanceId/${path}`,
      onInstance(keys, async (request, response, instanceId) => {
        const delivery = await deliver(instanceId, request as Request, response);
        response.status(codes[delivery]).end();
      }),
    );

  route('terminate', (instanceId, request) => jobs.terminate(instanceId, reasonOf(request)));
  route('suspend', (instanceId, request) => jobs.suspend(instanceId, reasonOf(request) ?? ''));
  route('resume', (instanceId, request) => jobs.resume(instanceId, reasonOf(request) ?? ''));
  route('raiseEvent/:eventName', async (instanceId, request, response) => {
    const status = await jobs.runtimeStatus(instanceId);
    if (status === undefined) return 'unknown';
    if (isEnded(status)) return 'ended';
    const name = eventNameOf(request);
    return jobs.raiseEvent(instanceId, name, await eventOf(request, response));
  });
  return router;
}

function eventNameOf(request: Request): string {
  const { eventName } = request.params;
  const { success, data, error } = eventNameSchema.safeParse(eventName);
  if (success) return data;
  throw new HttpProblem(400, `The name of the event ${error.issues.map(({ message }) => message).join(', and ')}`);
}

async function eventOf(request: Request, response: Response): Promise<unknown> {
  // Read only now: whether there is anybody to send it to comes first.
  await new Promise<void>((resolve, reject) => {
    collectBody(maxEvent)(request, response, (error?: unknown) => (error ? reject(error) : resolve()));
  });
  if (!request.is('application/json')) throw new HttpProblem(400, 'Only application/json request content is supported');
  const value = readJsonBody(request, { anyType: true });
  if (value === undefined) throw new HttpProblem(400, 'Invalid JSON content: the body is empty');
  return value;
}
