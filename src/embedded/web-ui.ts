import { once } from 'node:events';
import { createServer, request as startRequest, type IncomingMessage, type ServerResponse } from 'node:http';

import type { SocketAddress } from './closed-address.ts';
import { refusalOf } from './page-guard.ts';
import { reservePort } from './ports.ts';

export interface WebUi {
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
