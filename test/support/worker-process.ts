import { dirname, join } from 'node:path';
import { NativeConnection } from '@temporalio/worker';
import { inject } from 'vitest';
import { largeMessages } from '../../src/client/cli/open/large-messages.ts';
import { configuredInventory } from '../../src/client/cli/open/open-inventory.ts';
import { openStorage } from '../../src/client/cli/open/storage.ts';
import { readConfig } from '../../src/config.ts';
import { createWorker } from '../../src/worker.ts';
import { startMain, type MainProcess } from './main-process.ts';
import { untilPolled } from './until-polled.ts';
import { installQuietRuntime } from './workflow-harness.ts';

export type { MainProcess as WorkerProcess } from './main-process.ts';

export interface WorkerSettings {
  readonly connectionString: string;
  readonly taskQueue: string;
  readonly container: string;
  readonly root: string;
  /** SQLite file of the inventory; one that goes with the test run unless given. */
  readonly inventoryFile?: string;
}

/** `npm run worker` as a process of its own, for what kills or starves it. Resolves once it polls for work. */
export async function startWorkerProcess(settings: WorkerSettings): Promise<MainProcess> {
  const worker = await startMain('worker', 'worker is running', environmentOf(settings));
  await untilPolled(inject('temporalAddress'), settings.taskQueue);
  return worker;
}

/** The same worker in this process: starting another takes longer than most that is asked of it. */
export async function startWorkerHere(settings: WorkerSettings): Promise<{ readonly stop: () => Promise<void> }> {
  installQuietRuntime();
  const config = readConfig(environmentOf(settings));
  const [store, connection] = await Promise.all([
    openStorage(config),
    NativeConnection.connect({ address: inject('temporalAddress') }),
  ]);
  const inventory = configuredInventory(config);
  const parts = { config, connection, namespace: 'default', store, inventory, dataConverter: largeMessages(config) };
  const worker = await createWorker(parts);
  const ended = worker.run();
  return {
    stop: async () => {
      worker.shutdown();
      await ended;
      await connection.close();
      await inventory.close();
    },
  };
}

function environmentOf({ connectionString, taskQueue, container, root, inventoryFile }: WorkerSettings) {
  return {
    TEMPORAL_ADDRESS: inject('temporalAddress'),
    AZURE_STORAGE_CONNECTION_STRING: connectionString,
    TASK_QUEUE: taskQueue,
    BACKUP_CONTAINER: container,
    BACKUP_ROOTS: root,
    INVENTORY_FILE: inventoryFile ?? join(dirname(inject('workflowBundlePath')), 'inventory.sqlite'),
    DURABLE_BACKUP_WORKFLOW_BUNDLE: inject('workflowBundlePath'),
  };
}
