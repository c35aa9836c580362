import type { Logger } from 'pino';
import type { Backups } from '../../../history/views/backups.ts';
import { createApp } from '../../http/app.ts';
import type { Jobs } from '../../jobs/jobs.ts';
import { openSourcesFile } from '../../sources/sources-file.ts';
import type { Config } from '../../../config.ts';
import { ExpectedError } from '../../../contracts/failures.ts';
import { isLoopback } from '../../../lib/is-loopback.ts';
import { createHttpMetrics, createMetrics, type Metrics } from '../../../telemetry/metrics.ts';
import { drain, listen, urlOf } from './listen.ts';
import { watchBackups } from './metrics.ts';

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
 * Serves the HTTP API where the configuration says; without `backups`, what needs the storage account is answered with 501. Its metrics
 * are those of `metrics`, and its own. Throws an {@link ExpectedError} when the port is taken, or when it would be open to other
 * machines without a key.
 */
export async function serveHttp(
  config: Config,
  jobs: Jobs,
  log: Logger,
  backups?: Backups,
  metrics: Metrics = createMetrics(),
): Promise<HttpServer> {
  const {
    host,
    port,
    apiKey,
    taskHub,
    maxBatchBytes,
    rateLimits,
    maxBacklog,
    trustProxy,
    corsOrigins,
    requestTimeoutMs,
  } = config.http;
  requireKey(config.http);
  const end = new AbortController();
  const app = createApp(
    {
      jobs,
      log,
      taskHub,
      maxBatchBytes,
      backupRoots: config.backupRoots,
      ...(backups && { backups }),
      sources: () => openSourcesFile(config.sourcesFile),
      metrics: { text: () => metrics.text(), open: config.metrics.open },
      ...(apiKey && { apiKey: apiKey.reveal() }),
    },
    {
      rateLimits,
      maxBacklog,
      onAnswered: createHttpMetrics(metrics.registry),
      draining: end.signal,
      ...(trustProxy !== undefined && { trustProxy }),
      corsOrigins,
    },
  );
  if (backups) watchBackups(metrics, backups, config);
  const server = await listen({ host, port, variable: 'PORT' }, app, {
    requestTimeout: requestTimeoutMs,
    headersTimeout: Math.min(headersWithin, requestTimeoutMs),
    keepAliveTimeout: keepAlive,
    connectionsCheckingInterval: lookForSlow,
  });
  let closing: Promise<void> | undefined;
  return {
    url: urlOf(server, host),
    close: () => {
      end.abort();
      closing ??= drain(server);
      return closing;
    },
  };
}

/** Throws where more than this machine could reach an API without a key. */
function requireKey({ apiKey, host, corsOrigins }: Config['http']): void {
  if (apiKey !== undefined) return;
  if (!isLoopback(host)) {
    throw new ExpectedError(
      'InvalidConfiguration',
      `HOST: ${host} is reachable from other machines, who could then back up any file below BACKUP_ROOTS: set API_KEY, or HOST=127.0.0.1`,
    );
  }
  if (corsOrigins !== undefined) {
    throw new ExpectedError(
      'InvalidConfiguration',
      'CORS_ORIGINS: without a key these pages could do everything in the name of whoever reads them: set API_KEY, too',
    );
  }
}
