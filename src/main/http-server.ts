import { once } from 'node:events';
import { createServer, type RequestListener, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Logger } from 'pino';
import type { Backups } from '../client/backups/backups.ts';
import { createApp } from '../client/http/app.ts';
import type { Jobs } from '../client/jobs/jobs.ts';
import type { Config } from '../config.ts';
import { ExpectedError } from '../shared/failures.ts';

// Service managers kill what has not stopped within ten seconds or more.
const patience = 5000;
const headersWithin = 15_000;
// Longer than proxies keep an idle connection: the one that closes it must not be the one that is being written to.
const keepAlive = 65_000;
// Node looks for connections past their time only every so often.
const lookForSlow = 500;

export interface HttpServer {
  readonly url: string;
  /** Takes no more connections, lets requests under way end, for some seconds, then closes. */
  close(): Promise<void>;
}

/**
 * Serves the HTTP API where the configuration says; without `backups`, what needs the storage account is answered with 501. Throws an {@link ExpectedError} when the port is taken, or when it would be open
 * to other machines without a key.
 */
export async function serveHttp(config: Config, jobs: Jobs, log: Logger, backups?: Backups): Promise<HttpServer> {
  const { host, apiKey, taskHub, maxBatchBytes, rateLimits, trustProxy, requestTimeoutMs } = config.http;
  if (apiKey === undefined && !isLoopback(host)) {
    throw new ExpectedError(
      'InvalidConfiguration',
      `HOST: ${host} is reachable from other machines, who could then back up any file below BACKUP_ROOTS: set API_KEY, or HOST=127.0.0.1`,
    );
  }
  const end = new AbortController();
  const app = createApp(
    {
      jobs,
      log,
      taskHub,
      maxBatchBytes,
      backupRoots: config.backupRoots,
      ...(backups && { backups }),
      ...(apiKey && { apiKey: apiKey.reveal() }),
    },
    { rateLimits, draining: end.signal, ...(trustProxy !== undefined && { trustProxy }) },
  );
  const server = await listen(config.http, app, requestTimeoutMs);
  const { port } = server.address() as AddressInfo;
  let closing: Promise<void> | undefined;
  return {
    url: `http://${host.includes(':') ? `[${host}]` : host}:${port}`,
    close: () => {
      end.abort();
      closing ??= drain(server);
      return closing;
    },
  };
}

async function listen({ host, port }: Config['http'], app: RequestListener, requestTimeout: number): Promise<Server> {
  const timeouts = {
    requestTimeout,
    headersTimeout: Math.min(headersWithin, requestTimeout),
    keepAliveTimeout: keepAlive,
  };
  const server = createServer({ ...timeouts, connectionsCheckingInterval: lookForSlow }, app);
  server.listen(port, host);
  try {
    await once(server, 'listening');
  } catch (error) {
    throw new ExpectedError(
      'InvalidConfiguration',
      `Cannot listen on ${host}:${port} (${(error as NodeJS.ErrnoException).code}): set PORT to a free one`,
      { cause: error },
    );
  }
  return server;
}

async function drain(server: Server): Promise<void> {
  const closed = once(server, 'close');
  server.close();
  server.closeIdleConnections();
  const timer = setTimeout(() => server.closeAllConnections(), patience);
  await closed;
  clearTimeout(timer);
}

function isLoopback(host: string): boolean {
  return host === 'localhost' || host === '::1' || /^127(?:\.\d{1,3}){3}$/u.test(host);
}
