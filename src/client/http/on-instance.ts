import type { Request, RequestHandler, Response } from 'express';
import type { Keys } from './keys.ts';
import { instanceIdSchema } from './schemas/instance-id.ts';

type Handle = (request: Request<{ instanceId: string }>, response: Response, instanceId: string) => Promise<void>;

/** A route of one instance: lets in whoever has the key or the code of that instance. An id that none can have is an empty 404. */
export function onInstance(keys: Keys, handle: Handle): RequestHandler<{ instanceId: string }> {
  return async (request, response) => {
    const { instanceId } = request.params;
    keys.check(request as Request, instanceId);
    if (instanceIdSchema.safeParse(instanceId).success) await handle(request, response, instanceId);
    else response.status(404).end();
  };
}
