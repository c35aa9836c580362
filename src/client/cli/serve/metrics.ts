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
import { createMetrics, createStorageMetrics, type Metrics } from '../../../telemetry/metrics.ts';
import { drain, listen, urlOf } from './listen.ts';
import { openSourcesFile } from '../../sources/sources-file.ts';
import { watchedPrefixes } from '../../sources/watched-roots.ts';
import { watchHistory, type WatchedHistory } from '../../../telemetry/history-metrics.ts';

/** What a process with a worker in it counts. */
interface WorkerMetrics extends Metrics {
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

// Several scrapers may come, and each look is a listing.
const lookEvery = 10_000;
// Prometheus waits for ten seconds by default. What is not read by then is read at the next look.
const lookWithin = 5000;

/** Shows what the manifests tell of the last runs of each source, and of what was backed up without one below the usual prefix. */
export function watchBackups(metrics: Metrics, backups: Backups, config: Pick<Config, 'sourcesFile'>): void {
  // What each has read so far is kept with it.
  const below = new Map<string, Backups>();
  const at = (prefix: string) => {
    const known = below.get(prefix) ?? backups.below(prefix);
    below.set(prefix, known);
    return known;
  };
  const look = async (): Promise<WatchedHistory> => {
    const signal = AbortSignal.timeout(lookWithin);
    const opened = await openSourcesFile(config.sourcesFile);
    const prefixes = watchedPrefixes(opened, backups.prefix);
    const roots = prefixes.map(async ({ prefix, source = '' }) => {
      const history = await at(prefix).history(signal);
      return history.map((root) => ({ ...root, source }));
    });
    return { sources: opened?.sources ?? [], roots: (await Promise.all(roots)).flat() };
  };

  let looking: Promise<WatchedHistory> | undefined;
  let nextLook = 0;
  watchHistory(metrics, () => {
    if (!looking || Date.now() >= nextLook) {
      nextLook = Date.now() + lookEvery;
      looking = look();
    }
    return looking;
  });
}
