import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Logger } from 'pino';
import { createApp } from '../client/http/app.ts';
import type { Jobs } from '../client/jobs/jobs.ts';
import type { Config } from '../config.ts';
import { ExpectedError } from '../shared/failures.ts';

// Service managers kill what has not stopped within ten seconds or more.
const patience = 5000;

export interface HttpServer {
  readonly url: string;
  /** Lets requests under way end, for some seconds, then closes. */
  close(): Promise<void>;
}

/**
 * Serves the HTTP API where the configuration says. Throws an {@link ExpectedError} when the port is taken, or when it would be open
 * to other machines without a key.
 */
export async function serveHttp(config: Config, jobs: Jobs, log: Logger): Promise<HttpServer> {
  const { host, port, apiKey, taskHub } = config.http;
  if (apiKey === undefined && !isLoopback(host)) {
    throw new ExpectedError(
      'InvalidConfiguration',
      `HOST: ${host} is reachable from other machines, who could then back up any file below BACKUP_ROOTS: set API_KEY, or HOST=127.0.0.1`,
    );
  }
  const app = createApp({
    jobs,
    log,
    taskHub,
    backupRoots: config.backupRoots,
    ...(apiKey && { apiKey: apiKey.reveal() }),
  });
  const server = createServer(app);
  server.listen(port, host);
  try {
    await once(server, 'listening');
  } catch (error) {
    throw new ExpectedError(
      'InvalidConfiguration',
      `Cannot listen on ${host}:${port} (${(error as NodeJS.ErrnoException).code}): set PORT to a free one`,
      {
        cause: error,
      },
    );
  }
  return {
    url: `http://${host.includes(':') ? `[${host}]` : host}:${(server.address() as AddressInfo).port}`,
    close: async () => {
      const closed = once(server, 'close');
      server.close();
      server.closeIdleConnections();
      const timer = setTimeout(() => server.closeAllConnections(), patience);
      await closed;
      clearTimeout(timer);
    },
  };
}

function isLoopback(host: string): boolean {
  return host === 'localhost' || host === '::1' || /^127(?:\.\d{1,3}){3}$/u.test(host);
}
