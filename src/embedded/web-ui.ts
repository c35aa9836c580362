import { once } from 'node:events';
import { createServer, request as startRequest, type IncomingMessage, type ServerResponse } from 'node:http';
import { type SocketAddress, reservePort } from './ports.ts';

interface WebUi {
  readonly url: string;
  readonly close: () => Promise<void>;
}

// They are of one connection, and the rest of it is another's. By `Authorization` the Web UI would leave out its check for forged requests.
const notPassedOn = new Set([
  'authorization',
  'connection',
  'host',
  'keep-alive',
  'proxy-connection',
  'te',
  'trailer',
  'transfer-encoding',
  'upgrade',
]);

/**
 * Serves Temporal's Web UI on a port of 127.0.0.1; 0 picks a free one. The Web UI itself answers under any name and so to any page that
 * finds it, which is why it listens elsewhere and this stands in front of it.
 *
 * Thrown when the port is taken (`StackUnavailable`).
 */
export async function serveWebUi(webUi: SocketAddress, wanted: number): Promise<WebUi> {
  const port = await reservePort({ port: wanted, purpose: "Temporal's Web UI", setting: 'EMBEDDED_UI_PORT' });
  const server = createServer((request, response) => {
    const refusal = refusalOf(request, port);
    if (refusal) refuse(response, refusal.status, refusal.reason);
    else passOn(request, response, webUi);
  });
  server.listen(port, '127.0.0.1');
  await once(server, 'listening');
  return {
    url: `http://127.0.0.1:${port}`,
    close: async () => {
      const closed = once(server, 'close');
      server.close();
      server.closeAllConnections();
      await closed;
    },
  };
}

function passOn(request: IncomingMessage, response: ServerResponse, webUi: SocketAddress): void {
  const { method, url: path } = request;
  // Without a length or chunks the body of some methods would be read as more requests.
  const inChunks = request.headers['transfer-encoding'] === undefined ? {} : { 'transfer-encoding': 'chunked' };
  const headers = { ...passedOn(request), ...inChunks };
  const asked = startRequest({ ...webUi, method, path, headers }, (answer) => {
    // What frames the Web UI could have its buttons clicked by whoever sees something else.
    response.writeHead(answer.statusCode ?? 502, { ...passedOn(answer), 'x-frame-options': 'DENY' });
    answer.pipe(response);
    answer.on('error', () => response.destroy());
  });
  asked.on('error', () => {
    if (response.headersSent) response.destroy();
    else refuse(response, 502, "Temporal's Web UI does not answer.");
  });
  response.on('close', () => asked.destroy());
  request.pipe(asked);
}

function passedOn({ headers }: IncomingMessage): IncomingMessage['headers'] {
  return Object.fromEntries(Object.entries(headers).filter(([name]) => !notPassedOn.has(name)));
}

function refuse(response: ServerResponse, status: number, reason: string): void {
  response.writeHead(status, { 'content-type': 'text/plain; charset=utf-8', connection: 'close' });
  response.end(`${reason}\n`);
}

/** Why a request is refused, and by which status. */
interface Refusal {
  readonly status: 400 | 403;
  readonly reason: string;
}

/**
 * Whether a request to what this machine's own people look at on `port` comes from elsewhere: under another name than this machine's, for
 * anybody's name may be made to lead here, or from a page of another origin. Such a page may link here, and no more. Undefined when all
 * is well.
 */
function refusalOf(request: IncomingMessage, port: number): Refusal | undefined {
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
