import { Router, type Request, type RequestHandler } from 'express';
import { createStartAnswer } from './answer-start.ts';
import type { AppDependencies } from '../app-dependencies.ts';
import { readWait } from '../server/bounded-wait.ts';
import { startIdempotently } from './idempotency.ts';
import { collectBody, readJsonBody } from '../server/json-body.ts';
import type { Keys } from '../server/keys.ts';
import { findOrchestrator, processBatch, type Orchestrator } from './orchestrators.ts';
import { HttpProblem } from '../problem.ts';
import { readQuery } from '../query.ts';
import { instanceIdSchema } from '../schemas/instance-id.ts';

type StartParameters = { readonly functionName?: string; readonly instanceId?: string };
type Start = Request<StartParameters>;

/** `POST /{functionName}` and `POST /{functionName}/{instanceId}`: start an orchestration. */
export function createStartRoute(deps: AppDependencies, keys: Keys): Router {
  const router = Router();
  const start = startsOf(deps, keys, (request) => findOrchestrator(request.params.functionName ?? ''));
  router.post('/:functionName{/:instanceId}', ...start);
  return router;
}

/** `POST /`: starts an order batch. */
export function createBatchRoute(deps: AppDependencies, keys: Keys): Router {
  const router = Router();
  router.post('/', ...startsOf(deps, keys, () => processBatch));
  return router;
}

/** The handlers of a start: they check the key, read the body and start what it asks for. */
export function startsOf(
  deps: AppDependencies,
  keys: Keys,
  orchestratorOf: (request: Start) => Orchestrator,
): RequestHandler<StartParameters>[] {
  const answer = createStartAnswer(deps, keys);
  return [
    (request, _response, next) => {
      keys.check(request as Request);
      next();
    },
    // Collected only when it is known how much there may be of it, and from whom.
    (request, response, next) => {
      const { maxBody = deps.maxBatchBytes } = orchestratorOf(request);
      collectBody(maxBody)(request as Request, response, next);
    },
    async (request, response) => {
      const { name, hint, read } = orchestratorOf(request);
      const instanceId = instanceIdOf(request);
      const patience = readWait(readQuery(request));
      const { args, summary } = await read(readJsonBody(request as Request, { hint }), deps.backupRoots);
      const start = { name, args, summary, ...(instanceId !== undefined && { instanceId }) };
      const started = await startIdempotently(deps.jobs, request as Request, start);
      await answer(request as Request, response, { instanceId: started, patience });
    },
  ];
}

function instanceIdOf({ params: { instanceId } }: Start): string | undefined {
  if (instanceId === undefined) return undefined;
  const { success, error } = instanceIdSchema.safeParse(instanceId);
  if (success) return instanceId;
  throw new HttpProblem(400, `The instance id ${error.issues.map(({ message }) => message).join(', and ')}`);
}
