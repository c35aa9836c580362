import cors from 'cors';
import type { Express, RequestHandler } from 'express';
import helmet from 'helmet';
import type { Logger } from 'pino';
import { refuseForeignPages } from './foreign-pages.ts';
import type { RateLimits } from './limits.ts';
import { originOf } from './origin.ts';
import { HttpProblem } from '../problem.ts';
import { requestLog } from './request-log.ts';
import { requestSpan, type OnAnswered } from './request-span.ts';

/** How the API stands towards the network. */
export interface Edges {
  readonly rateLimits: RateLimits;
  /** Tasks that may wait for workers before starts are turned away; 0 is no limit. */
  readonly maxBacklog: number;
  /** Proxies whose word on the caller's address counts: how many there are, or their addresses and subnets. */
  readonly trustProxy?: number | readonly string[];
  /** Origins of web pages that may read answers. */
  readonly corsOrigins?: readonly string[] | undefined;
  /** Told of each answer. */
  readonly onAnswered?: OnAnswered;
  /** Aborted when the server is about to end. */
  readonly draining: AbortSignal;
}

interface EdgeParts {
  readonly log: Logger;
  /** Whether the API asks for a key. */
  readonly keyed: boolean;
}

/** What every request passes before it reaches a route: log, headers, the checks of its address. */
export function applyEdges(app: Express, { log, keyed }: EdgeParts, edges: Edges): void {
  app.disable('x-powered-by');
  app.disable('etag');
  app.set('trust proxy', edges.trustProxy ?? false);
  app.use(requestSpan(edges.onAnswered), requestLog(log), securityHeaders, whileDraining(edges.draining), plainTarget);
  if (edges.corsOrigins !== undefined) app.use(answerPagesOf(edges.corsOrigins));
  if (!keyed) app.use(refuseForeignPages({ proxied: edges.trustProxy !== undefined }));
}

/** Lets the pages of these origins call and read what they have a key or a code for: nothing that a browser would send by itself opens. */
function answerPagesOf(origins: readonly string[]): RequestHandler {
  const answer = cors({
    origin: [...origins],
    methods: allowed,
    // What a client polls by, and what is asked for where something went wrong.
    exposedHeaders: ['Location', 'Retry-After', 'X-Request-Id'],
    maxAge: 600,
  });
  return (request, response, next) => {
    if (origins.includes(request.get('origin') ?? '')) answer(request, response, next);
    else next();
  };
}

/** Makes connections end with their answers from when `draining` aborts. */
function whileDraining(draining: AbortSignal): RequestHandler {
  return (_request, response, next) => {
    if (draining.aborted) response.set('Connection', 'close');
    next();
  };
}

const contentSecurityPolicy = {
  useDefaults: false,
  directives: { defaultSrc: ["'none'"], frameAncestors: ["'none'"] },
};
const fromHelmet = helmet({
  contentSecurityPolicy,
  xFrameOptions: { action: 'deny' },
  // Whoever ends TLS decides this for a whole domain.
  strictTransportSecurity: false,
  // Of interest to pages alone, and polls come often.
  crossOriginOpenerPolicy: false,
  originAgentCluster: false,
  xDnsPrefetchControl: false,
  xDownloadOptions: false,
  xPermittedCrossDomainPolicies: false,
  xXssProtection: false,
});

const securityHeaders: RequestHandler = (request, response, next) => {
  // Answers change from poll to poll, and their addresses hold codes.
  response.set('Cache-Control', 'no-store');
  fromHelmet(request, response, next);
};

// A wrong one of these is an empty 404, as from Durable Functions; TRACE would return the key that it came with.
const methods = new Set(['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS']);
const allowed = 'GET, HEAD, POST, DELETE';

/** Takes the authority out of what is left of a target in absolute form, and refuses a Host that could not stand in a URI, or a second. */
const plainTarget: RequestHandler = (request, _response, next) => {
  // Whoever passed it on may have looked at the other one.
  if ((request.headersDistinct['host']?.length ?? 0) > 1)
    throw new HttpProblem(400, 'There is more than one Host header');
  request.originalUrl = request.originalUrl.replace(/^https?:\/\/[^/?]*/iu, '');
  originOf(request);
  if (!methods.has(request.method)) throw new HttpProblem(405, `${request.method} is not answered`, { Allow: allowed });
  next();
};
