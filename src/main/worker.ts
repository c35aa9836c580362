import { createWorker } from '../worker.ts';
import { runMain } from './run-main.ts';
import { installRuntime } from './runtime.ts';
import { openStorage } from './storage.ts';
import { connectWorker, temporalTarget } from './temporal.ts';

/** `npm run worker`: serves the task queue of an existing Temporal until it is told to stop. */
await runMain(async (config, log) => {
  installRuntime(log);
  const store = await openStorage(config);
  const target = temporalTarget();
  const connection = await connectWorker(target);
  try {
    const worker = await createWorker({ config, connection, namespace: target.namespace, store });
    const { taskQueue, backupRoots } = config;
    log.info({ taskQueue, temporal: target.address, storage: store.url, roots: backupRoots }, 'worker is running');
    // Ends on SIGTERM or SIGINT, when the activities under way have ended or been given back.
    await worker.run();
  } finally {
    await connection.close();
  }
  return 0;
});
