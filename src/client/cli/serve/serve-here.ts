import { Jobs } from '../../jobs/jobs.ts';
import { serveWebUi } from '../../../embedded/web-ui.ts';
import { serveHttp } from './http-server.ts';
import type { Call } from '../invocation.ts';
import { largeMessages } from '../open/large-messages.ts';
import { openBackups, openStorage } from '../open/storage.ts';
import { configuredInventory } from '../open/open-inventory.ts';
import { startOwnWorker, installRuntime } from '../open/worker.ts';
import { requireSourcesFileApart } from './sources-file-apart.ts';
import { openStack } from '../open/stack.ts';
import { connectClient, temporalTarget } from '../open/temporal.ts';
import { createWorkerMetrics } from './metrics.ts';

/** Where each of the servers is. */
export interface Places {
  readonly api: string;
  readonly webUi?: string;
  readonly temporal: string;
  readonly taskQueue: string;
  readonly blobs: string;
  readonly inventory: string;
  readonly roots: readonly string[];
}

/**
 * Runs everything on this machine until `stop` resolves: Temporal with its Web UI, Azurite, a worker and the HTTP API. Calls `onReady`
 * once all of it runs.
 */
export async function serveHere(
  { config, log, note }: Pick<Call, 'config' | 'log' | 'note'>,
  stop: Promise<unknown>,
  onReady: (places: Places) => void,
): Promise<void> {
  await requireSourcesFileApart(config);
  const metrics = createWorkerMetrics();
  await installRuntime(log, metrics);
  const closing: (() => Promise<unknown>)[] = [];
  try {
    const stack = await openStack(config, note);
    closing.push(() => stack.close());
    const webUi = stack.webUi && (await serveWebUi(stack.webUi, config.embedded.uiPort));
    if (webUi) closing.push(() => webUi.close());
    else if (!config.temporal.named)
      note("Temporal's Web UI is left out: no port that only this machine's people reach is free.");
    const target = temporalTarget(stack.temporalAddress);
    const store = await openStorage(config, stack.connectionString, metrics.requests);
    const dataConverter = largeMessages(config, stack.connectionString);
    const inventory = configuredInventory(config);
    closing.push(() => inventory.close());
    const worker = await startOwnWorker(config, target, store, { dataConverter, inventory, metrics: metrics.jobs });
    closing.push(() => worker.stop());
    const client = await connectClient(target, dataConverter);
    closing.push(() => client.connection.close());
    const { taskQueue, backupRoots: roots } = config;
    const jobs = new Jobs({ client, address: target.address, taskQueue });
    const server = await serveHttp(
      config,
      jobs,
      log,
      openBackups(config, stack.connectionString, metrics.requests),
      metrics,
    );
    closing.push(() => server.close());
    const own = { temporal: target.address, taskQueue, blobs: store.url, inventory: inventory.address, roots };
    onReady({ api: server.url, ...(webUi && { webUi: webUi.url }), ...own });
    await Promise.race([stop, worker.ended]);
  } finally {
    for (const step of closing.toReversed()) await step();
  }
}
