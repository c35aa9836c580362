import { createWorker } from '../worker.ts';
import { runMain } from './run-main.ts';
import { installRuntime } from './runtime.ts';
import { openStorage } from './storage.ts';
import { largeMessages } from './large-messages.ts';
import { configuredInventory } from './open-inventory.ts';
import { connectWorker, temporalTarget } from './temporal.ts';
import { untilSignal } from './until-signal.ts';

/** `npm run worker`: serves the task queue of an existing Temporal until it is told to stop. */
await runMain(async (config, log) => {
  const stop = untilSignal();
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
    const where = { temporal: target.address, storage: store.url, inventory: inventory.address };
    log.info({ taskQueue, ...where, roots: backupRoots }, 'worker is running');
    // Ends when the activities under way have ended or been given back.
    await worker.runUntil(stop);
  } finally {
    await connection.close();
    await inventory.close();
  }
  return 0;
});
