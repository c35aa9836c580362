import type { Request, RequestHandler, Response } from 'express';
import type { Keys, Scope } from '../server/keys.ts';
import { addLogFields } from '../server/log-fields.ts';
import { instanceIdSchema } from '../schemas/instance-id.ts';

type OnInstance = Request<{ instanceId: string }>;
type Handle = (request: OnInstance, response: Response, instanceId: string) => Promise<void>;

/** A route of one instance: lets in whoever has a key or the right code of that instance. An id that none can have is an empty 404. */
export function onInstance(
  keys: Keys,
  handle: Handle,
  scopesOf: (request: OnInstance) => readonly Scope[] = () => ['instance'],
): RequestHandler<{ instanceId: string }> {
  return async (request, response) => {
    const { instanceId } = request.params;
    keys.check(request as Request, instanceId, scopesOf(request));
    if (!instanceIdSchema.safeParse(instanceId).success) {
      response.status(404).end();
      return;
    }
    addLogFields(response, { instanceId });
    await handle(request, response, instanceId);
  };
}
