import { Jobs } from '../client/jobs/jobs.ts';
import { serveHttp } from './http-server.ts';
import { largeMessages } from './large-messages.ts';
import { openBackups } from './open-backups.ts';
import { configuredInventory } from './open-inventory.ts';
import { startOwnWorker } from './own-worker.ts';
import { runMain } from './run-main.ts';
import { installRuntime } from './runtime.ts';
import { openStack } from './stack.ts';
import { openStorage } from './storage.ts';
import { connectClient, temporalTarget } from './temporal.ts';
import { untilSignal } from './until-signal.ts';

/** `npm run dev`: everything on this machine until Ctrl-C: Temporal with its Web UI, Azurite, a worker and the HTTP API. */
await runMain(
  async (config, log) => {
    const stop = untilSignal();
    installRuntime(log);
    const closing: (() => Promise<unknown>)[] = [];
    try {
      const stack = await openStack(config, (line) => console.error(line));
      closing.push(() => stack.close());
      const target = temporalTarget(stack.temporalAddress);
      const store = await openStorage(config, stack.connectionString);
      const dataConverter = largeMessages(config, stack.connectionString);
      const inventory = configuredInventory(config);
      closing.push(() => inventory.close());
      const worker = await startOwnWorker(config, target, store, { dataConverter, inventory });
      closing.push(() => worker.stop());
      const client = await connectClient(target, dataConverter);
      closing.push(() => client.connection.close());
      const server = await serveHttp(
        config,
        new Jobs({ client, address: target.address, taskQueue: config.taskQueue }),
        log,
        openBackups(config, stack.connectionString),
      );
      closing.push(() => server.close());

      console.log(`HTTP API         ${server.url}`);
      if (stack.webUiUrl !== undefined) console.log(`Temporal Web UI  ${stack.webUiUrl}`);
      console.log(`Temporal         ${target.address}, task queue ${config.taskQueue}`);
      console.log(`Blobs            ${store.url}`);
      console.log(`Inventory        ${inventory.address}`);
      console.log(`May back up      ${config.backupRoots.join(', ')}`);
      console.log('Ctrl-C stops everything.');
      await Promise.race([stop, worker.ended]);
      console.log('Stopping.');
    } finally {
      for (const step of closing.toReversed()) await step();
    }
    return 0;
  },
  { logLevel: 'warn' },
);
