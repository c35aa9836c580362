import type { Logger } from 'pino';
import type { Config } from '../../../config.ts';
import { createWorker } from '../../../worker.ts';
import { installRuntime, connectWorker } from '../open/worker.ts';
import { requireSourcesFileApart } from './sources-file-apart.ts';
import { openStorage } from '../open/storage.ts';
import { largeMessages } from '../open/large-messages.ts';
import { configuredInventory } from '../open/open-inventory.ts';
import { temporalTarget } from '../open/temporal.ts';
import { createWorkerMetrics, serveMetrics } from './metrics.ts';

/** The configuration of one of several worker processes: each has a port of its own for metrics, from `METRICS_PORT` on. */
export function ofProcess(config: Config, number: number): Config {
  const { port } = config.metrics;
  if (port === undefined || port === 0) return config;
  return { ...config, metrics: { ...config.metrics, port: port + number - 1 } };
}

/** Serves the task queues of an existing Temporal until `stop` resolves. Calls `onReady` once it polls for work. */
export async function serveWork(
  config: Config,
  log: Logger,
  stop: Promise<unknown>,
  onReady: () => void = () => undefined,
): Promise<void> {
  await requireSourcesFileApart(config);
  const metrics = config.metrics.port === undefined ? undefined : createWorkerMetrics();
  await installRuntime(log, metrics);
  const store = await openStorage(config, undefined, metrics?.requests);
  const target = temporalTarget();
  const inventory = configuredInventory(config);
  const connection = await connectWorker(target);
  let stopServing = () => Promise.resolve();
  try {
    if (metrics) stopServing = await serveMetrics(config, metrics, store, log);
    const worker = await createWorker({
      config,
      connection,
      namespace: target.namespace,
      dataConverter: largeMessages(config),
      store,
      inventory,
      ...(metrics && { metrics: metrics.jobs }),
    });
    const { taskQueue, backupRoots } = config;
    const { names } = config.worker;
    const where = { temporal: target.address, storage: store.url, inventory: inventory.address };
    log.info({ taskQueue, ...(names.length > 0 && { names }), ...where, roots: backupRoots }, 'worker is running');
    onReady();
    // Ends when the activities under way have ended or been given back.
    await worker.runUntil(stop);
  } finally {
    await stopServing();
    await connection.close();
    await inventory.close();
  }
}
