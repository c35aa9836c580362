import type { IncomingMessage } from 'node:http';

/** Why a request is refused, and by which status. */
export interface Refusal {
  readonly status: 400 | 403;
  readonly reason: string;
}

/**
 * Whether a request to what this machine's own people look at on `port` comes from elsewhere: under another name than this machine's, for
 * anybody's name may be made to lead here, or from a page of another origin. Such a page may link here, and no more. Undefined when all
 * is well.
 */
export function refusalOf(request: IncomingMessage, port: number): Refusal | undefined {
  const [host = '', ...others] = request.headersDistinct['host'] ?? [];
  if (others.length > 0 || request.url?.startsWith('/') !== true) {
    return { status: 400, reason: 'The request names no one host and path.' };
  }
  if (!ownNames(port).includes(host.toLowerCase())) {
    return { status: 403, reason: `This answers to 127.0.0.1:${port} and localhost:${port} alone.` };
  }
  if (isFromElsewhere(request, host) && !isLink(request)) {
    return { status: 403, reason: 'This answers no pages of other origins.' };
  }
  return undefined;
}

function ownNames(port: number): string[] {
  const names = ['127.0.0.1', 'localhost', '[::1]'];
  return [...names.map((name) => `${name}:${port}`), ...(port === 80 ? names : [])];
}

/** By the word of the browser, which no page can change; old browsers say the origin alone, and that where it matters. */
function isFromElsewhere({ headers }: IncomingMessage, host: string): boolean {
  const site = headers['sec-fetch-site'];
  if (site !== undefined && site !== 'same-origin' && site !== 'none') return true;
  return headers.origin !== undefined && headers.origin.toLowerCase() !== `http://${host.toLowerCase()}`;
}

/** Whether the browser shows the answer as a whole page of its own, which whoever led there cannot look into. */
function isLink({ method, headers }: IncomingMessage): boolean {
  return (
    (method === 'GET' || method === 'HEAD') &&
    headers['sec-fetch-mode'] === 'navigate' &&
    headers['sec-fetch-dest'] === 'document'
  );
}
