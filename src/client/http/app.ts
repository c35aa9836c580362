import express, { type Express, type Request, type Response } from 'express';
import type { AppDependencies } from './app-dependencies.ts';
import { openApiDocument } from './document.ts';
import { refuseUnknownStart, unknownStartPaths } from './instances/start.ts';
import { problemHandler } from './problem.ts';
import { inOrderOfMatching, mount, refuseOthers, type Route, type Server } from './route.ts';
import { routes } from './routes.ts';
import { createKeys } from './server/keys.ts';
import { createLimits } from './server/limits.ts';
import { applyEdges, type Edges } from './server/middleware.ts';

/** The HTTP API, not yet listening. Its paths and answers are those of the Durable Functions HTTP API. */
export function createApp(deps: AppDependencies, edges: Edges): Express {
  const app = express();
  const keyed = deps.apiKey !== undefined;
  applyEdges(app, { log: deps.log, keyed }, edges);
  const server: Server = {
    ...deps,
    keys: createKeys(deps.apiKey),
    hasWorkers: remembered(() => deps.jobs.hasWorkers()),
    draining: edges.draining,
    document: documentOf(keyed),
  };
  const limits = createLimits(deps.jobs, edges.rateLimits, edges.maxBacklog, edges.draining);
  const serve = (wanted: (route: Route) => boolean) => {
    const served = inOrderOfMatching(routes.filter(wanted));
    for (const route of served) mount(app, route, server, route.starts === true ? limits.starts : []);
    refuseOthers(
      app,
      served.filter(({ page }) => page === true),
    );
  };
  serve(({ unlimited }) => unlimited === true);
  if (limits.requests.length > 0) app.use(...limits.requests);
  serve(({ page, unlimited }) => page === true && unlimited !== true);
  // Express would answer OPTIONS by itself.
  app.use((request, response, next) => (request.method === 'OPTIONS' ? notFound(request, response) : next()));
  serve(({ page }) => page !== true);
  app.post(unknownStartPaths, ...limits.starts, (request) => {
    server.keys.check(request);
    refuseUnknownStart(String(request.params['functionName']), routes);
  });
  app.use(notFound);
  app.use(problemHandler(deps.log));
  return app;
}

// Unknown paths and methods alike get an empty 404 from Durable Functions.
function notFound(_request: Request, response: Response): void {
  response.status(404).end();
}

// What no name of a host can be, and JSON writes as it is.
const anyOrigin = 'http://{origin}';

/** The document as each caller reaches the server, made once. */
function documentOf(keyed: boolean): Server['document'] {
  let made: string | undefined;
  return (origin) => {
    made ??= JSON.stringify(openApiDocument(routes, { origin: anyOrigin, keyed }));
    return made.replaceAll(anyOrigin, origin);
  };
}

// Probes come from many places at once; Temporal is asked once for all of them.
const rememberFor = 1000;

/** Calls `ask` at most once in {@link rememberFor} milliseconds, however many wait for the answer. */
function remembered<T>(ask: () => Promise<T>): () => Promise<T> {
  let answer: Promise<T> | undefined;
  const forget = () => setTimeout(() => (answer = undefined), rememberFor).unref();
  return () => {
    answer ??= ask().finally(forget);
    return answer;
  };
}
