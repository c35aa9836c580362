import type { Request, RequestHandler } from 'express';
import { isLoopback } from '../../../lib/is-loopback.ts';
import { originOf } from './origin.ts';
import { HttpProblem } from '../problem.ts';

/**
 * Keeps web pages away from an API without a key, which their reader's browser would reach for them: no page of elsewhere changes anything
 * or makes it work by reading, and no name but one of this machine counts, since anybody's name may be made to lead here. A link that
 * somebody follows to the page that shows the API, or to the root that leads there, is no such thing. `proxied`: whether callers come through a proxy, under names of its own.
 */
export function refuseForeignPages({ proxied }: { readonly proxied: boolean }): RequestHandler {
  return (request, _response, next) => {
    if (!proxied && !isOwnName(request)) {
      throw new HttpProblem(
        403,
        'Without API_KEY this answers to localhost, 127.0.0.1 and [::1] alone: use one of them, or set API_KEY, or TRUST_PROXY behind a proxy',
      );
    }
    if (isFromElsewhere(request) && !isFollowedLink(request)) {
      throw new HttpProblem(
        403,
        'Without API_KEY nothing is done for pages of other origins, and nothing is read: set API_KEY, and send it',
      );
    }
    next();
  };
}

// What it leads to is the same for all and costs nothing, and the page that it is on sees nothing of it.
function isFollowedLink(request: Request): boolean {
  const isShown = request.get('sec-fetch-mode') === 'navigate' && request.get('sec-fetch-dest') === 'document';
  return request.method === 'GET' && ['/', '/docs'].includes(request.path) && isShown;
}

// One that names no host is no browser.
function isOwnName(request: Request): boolean {
  const host = request.get('host') ?? '';
  return host === '' || isLoopback(new URL(`http://${host}`).hostname.replace(/^\[(.*)\]$/u, '$1'));
}

/** By the word of the browser, which no page can change; where there is none, as over plain HTTP to another machine, by the origin. */
function isFromElsewhere(request: Request): boolean {
  const site = request.get('sec-fetch-site');
  if (site !== undefined) return site !== 'same-origin' && site !== 'none';
  const origin = request.get('origin');
  if (origin === undefined) return false;
  // A proxy that ends TLS need not say so.
  return !URL.canParse(origin) || new URL(origin).host !== new URL(originOf(request)).host;
}
