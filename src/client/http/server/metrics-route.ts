import { Router } from 'express';
import type { Keys } from './keys.ts';
import { refuseMethod } from '../problem.ts';

/** What a process tells Prometheus of itself. */
export interface MetricsSource {
  text(): Promise<string>;
}

/** https://prometheus.io/docs/instrumenting/exposition_formats/ */
const contentType = 'text/plain; version=0.0.4; charset=utf-8';

/** `GET /metrics`, which needs the key unless `open`: labels name directories. */
export function createMetricsRoute(metrics: MetricsSource, keys: Keys, { open }: { open: boolean }): Router {
  const router = Router();
  router.get('/metrics', async (request, response) => {
    if (!open) keys.check(request);
    response.type(contentType).send(await metrics.text());
  });
  router.all('/metrics', refuseMethod);
  return router;
}
