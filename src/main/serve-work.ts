import type { Logger } from 'pino';
import type { Config } from '../config.ts';
import { createWorker } from '../worker.ts';
import { installRuntime } from './runtime.ts';
import { openStorage } from './storage.ts';
import { largeMessages } from './large-messages.ts';
import { configuredInventory } from './open-inventory.ts';
import { connectWorker, temporalTarget } from './temporal.ts';

/** Serves the task queues of an existing Temporal until `stop` resolves. Calls `onReady` once it polls for work. */
export async function serveWork(
  config: Config,
  log: Logger,
  stop: Promise<unknown>,
  onReady: () => void = () => undefined,
): Promise<void> {
  installRuntime(log);
  const store = await openStorage(config);
  const target = temporalTarget();
  const inventory = configuredInventory(config);
  const connection = await connectWorker(target);
  try {
    const worker = await createWorker({
      config,
      connection,
      namespace: target.namespace,
      dataConverter: largeMessages(config),
      store,
      inventory,
    });
    const { taskQueue, backupRoots } = config;
    const { sources } = config.worker;
    const where = { temporal: target.address, storage: store.url, inventory: inventory.address };
    log.info({ taskQueue, ...(sources.length > 0 && { sources }), ...where, roots: backupRoots }, 'worker is running');
    onReady();
    // Ends when the activities under way have ended or been given back.
    await worker.runUntil(stop);
  } finally {
    await connection.close();
    await inventory.close();
  }
}
