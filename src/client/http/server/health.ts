import { Router } from 'express';
import type { Jobs } from '../../jobs/jobs.ts';
import { HttpProblem, refuseMethod } from '../problem.ts';

// Probes come from many places at once; Temporal is asked once for all of them.
const rememberFor = 1000;

/**
 * `GET /healthz`: the process is up. `GET /readyz`: it may be sent requests, for Temporal answers and it is not about to end. They
 * need no key, and say nothing that would need one.
 */
export function createHealthRoutes(jobs: Pick<Jobs, 'hasWorkers'>, draining: AbortSignal): Router {
  const router = Router();
  const look = remembered(() => jobs.hasWorkers());
  router.get('/healthz', (_request, response) => void response.json({ status: 'up' }));
  router.get('/readyz', async (_request, response) => {
    if (draining.aborted) throw new HttpProblem(503, 'The server is about to end');
    const workers = await look().catch(() => {
      throw new HttpProblem(503, 'Temporal does not answer');
    });
    response.json({ status: 'ready', workers });
  });
  router.all(['/healthz', '/readyz'], refuseMethod);
  return router;
}

/** Calls `ask` at most once in {@link rememberFor} milliseconds, however many wait for the answer. */
function remembered<T>(ask: () => Promise<T>): () => Promise<T> {
  let answer: Promise<T> | undefined;
  const forget = () => setTimeout(() => (answer = undefined), rememberFor).unref();
  return () => {
    answer ??= ask().finally(forget);
    return answer;
  };
}
