import type { RequestHandler, Response } from 'express';

const name = 'draining';

/** Makes connections end with their answers from when `draining` aborts, which {@link drainingOf} then tells. */
export function whileDraining(draining: AbortSignal): RequestHandler {
  return (_request, response, next) => {
    response.locals[name] = draining;
    if (draining.aborted) response.set('Connection', 'close');
    next();
  };
}

/** Aborted when the server is about to end: what waits should answer now, or it will be cut off. */
export function drainingOf(response: Response): AbortSignal {
  return response.locals[name] as AbortSignal;
}
