import { Jobs } from '../../jobs/jobs.ts';
import type { Config } from '../../../config.ts';
import { createMetrics, createStorageMetrics } from '../../../telemetry/metrics.ts';
import { serveHttp } from './http-server.ts';
import type { Call } from '../invocation.ts';
import { largeMessages } from '../open/large-messages.ts';
import { openBackups } from '../open/storage.ts';
import { connectClient, temporalTarget } from '../open/temporal.ts';

// Temporal's limit for a payload: https://docs.temporal.io/self-hosted-guide/defaults
const largestInHistory = 2 * 1024 * 1024;

/** Serves the HTTP API in front of an existing Temporal until `stop` resolves. */
export async function serveApi({ config, log }: Pick<Call, 'config' | 'log'>, stop: Promise<unknown>): Promise<void> {
  const target = temporalTarget();
  // Whoever knows the account sees large results whole; the rest of the API needs no storage.
  const client = await connectClient(target, config.storage && largeMessages(config));
  const jobs = new Jobs({ client, address: target.address, taskQueue: config.taskQueue });
  const metrics = createMetrics();
  const server = await serveHttp(
    { ...config, http: limited(config) },
    jobs,
    log,
    config.storage && openBackups(config, undefined, createStorageMetrics(metrics.registry)),
    metrics,
  );
  log.info({ url: server.url, temporal: target.address, taskQueue: config.taskQueue }, 'API is listening');
  await stop;
  await server.close();
  await client.connection.close();
}

/** Without an account, what does not fit into a history has nowhere to go. */
function limited({ http, storage }: Config): Config['http'] {
  return storage ? http : { ...http, maxBatchBytes: Math.min(http.maxBatchBytes, largestInHistory) };
}
