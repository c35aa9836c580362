import type { Logger } from 'pino';
import express from 'express';
import { Backups } from '../../../history/views/backups.ts';
import { createKeys } from '../../http/server/keys.ts';
import { mountMetrics } from '../../http/server/pages.ts';
import { problemHandler } from '../../http/problem.ts';
import type { Config } from '../../../config.ts';
import { ExpectedError } from '../../../contracts/failures.ts';
import { isLoopback } from '../../../lib/is-loopback.ts';
import type { BlobStore } from '../../../storage/blob-store.ts';
import type { RequestObserver } from '../../../storage/observe-requests.ts';
import { createJobMetrics, type JobMetrics } from '../../../telemetry/job-metrics.ts';
import { createMetrics, type Metrics, createStorageMetrics } from '../../../telemetry/metrics.ts';
import { drain, listen, urlOf } from './listen.ts';
import { watchBackups } from './watch-backups.ts';

/** What a process with a worker in it counts. */
export interface WorkerMetrics extends Metrics {
  readonly jobs: JobMetrics;
  readonly requests: RequestObserver;
}

export function createWorkerMetrics(): WorkerMetrics {
  const metrics = createMetrics();
  const { registry } = metrics;
  return { ...metrics, jobs: createJobMetrics(registry), requests: createStorageMetrics(registry) };
}

/**
 * Serves the metrics of a worker where the configuration says. Throws an {@link ExpectedError} when the port is taken, or when it would
 * be open to other machines though nobody said so.
 */
export async function serveMetrics(
  config: Config,
  metrics: WorkerMetrics,
  store: BlobStore,
  log: Logger,
): Promise<() => Promise<void>> {
  const { host, port = 0, open } = config.metrics;
  const { apiKey } = config.http;
  if (apiKey === undefined && !open && !isLoopback(host)) {
    throw new ExpectedError(
      'InvalidConfiguration',
      `METRICS_HOST: ${host} is reachable from other machines, who would learn which directories are backed up: set API_KEY, METRICS_OPEN=true, or METRICS_HOST=127.0.0.1`,
    );
  }
  watchBackups(metrics, new Backups({ store, prefix: config.prefix }), config);
  const app = express();
  app.disable('x-powered-by');
  mountMetrics(app, { metrics: { text: () => metrics.text(), open }, keys: createKeys(apiKey?.reveal()) });
  app.use(problemHandler(log));
  const server = await listen({ host, port, variable: 'METRICS_PORT' }, app);
  log.info({ url: `${urlOf(server, host)}/metrics` }, 'metrics are served');
  return () => drain(server);
}
