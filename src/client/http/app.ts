import express, { type Express, type Request, type Response } from 'express';
import { webhookPrefix, type AppDependencies } from './app-dependencies.ts';
import { applyEdges, type Edges } from './server/middleware.ts';
import { createContentRoutes } from './backups/content-routes.ts';
import { createForgetRoute } from './backups/forget-route.ts';
import { createPreviewRoute } from './backups/preview-route.ts';
import { createPruneRoute } from './backups/prune-route.ts';
import { createReportRoutes, createRunRoutes } from './backups/run-routes.ts';
import { createScheduleRoutes } from './backups/schedule-routes.ts';
import { createSourceRoutes } from './backups/source-routes.ts';
import { createRunStartRoutes } from './backups/start-routes.ts';
import { createKeys } from './server/keys.ts';
import { createMetricsRoute } from './server/metrics-route.ts';
import { createInstanceRoutes } from './instances/instance-routes.ts';
import { createBatchRoute, createStartRoute } from './instances/start-route.ts';
import { problemHandler } from './problem.ts';

/** The HTTP API, not yet listening. Its paths and answers are those of the Durable Functions HTTP API. */
export function createApp(deps: AppDependencies, edges: Edges): Express {
  const app = express();
  applyEdges(app, { ...deps, keyed: deps.apiKey !== undefined }, edges);
  // Express would answer OPTIONS by itself.
  app.use((request, response, next) => (request.method === 'OPTIONS' ? notFound(request, response) : next()));
  const keys = createKeys(deps.apiKey);
  const start = createStartRoute(deps, keys);
  app.use('/orchestrators', start);
  app.use(`${webhookPrefix}/orchestrators`, start);
  app.use('/api/batches', createBatchRoute(deps, keys));
  app.use(
    '/api/backups',
    createSourceRoutes(deps, keys),
    createScheduleRoutes(deps, keys),
    createRunRoutes(deps, keys),
    createContentRoutes(deps, keys),
    createRunStartRoutes(deps, keys),
    createForgetRoute(deps, keys),
    createPruneRoute(deps, keys),
    createPreviewRoute(deps, keys),
  );
  for (const kind of ['restores', 'verifications'] as const)
    app.use(`/api/${kind}`, createReportRoutes(deps, keys, kind));
  app.use(`${webhookPrefix}/instances`, createInstanceRoutes(deps, keys));
  app.use(createMetricsRoute(deps.metrics, keys, deps.metrics));
  app.use(notFound);
  app.use(problemHandler(deps.log));
  return app;
}

// Unknown paths and methods alike get an empty 404 from Durable Functions.
function notFound(_request: Request, response: Response): void {
  response.status(404).end();
}
