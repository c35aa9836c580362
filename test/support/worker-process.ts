import { dirname, join } from 'node:path';
import { inject } from 'vitest';
import { startMain, type MainProcess } from './main-process.ts';
import { untilPolled } from './until-polled.ts';

export type { MainProcess as WorkerProcess } from './main-process.ts';

export interface WorkerSettings {
  readonly connectionString: string;
  readonly taskQueue: string;
  readonly container: string;
  readonly root: string;
  /** SQLite file of the inventory; one that goes with the test run unless given. */
  readonly inventoryFile?: string;
}

/** `npm run worker` as a process of its own. Resolves once it polls for work. */
export async function startWorkerProcess({
  connectionString,
  taskQueue,
  container,
  root,
  inventoryFile = join(dirname(inject('workflowBundlePath')), 'inventory.sqlite'),
}: WorkerSettings): Promise<MainProcess> {
  const worker = await startMain('worker', 'worker is running', {
    TEMPORAL_ADDRESS: inject('temporalAddress'),
    AZURE_STORAGE_CONNECTION_STRING: connectionString,
    TASK_QUEUE: taskQueue,
    BACKUP_CONTAINER: container,
    BACKUP_ROOTS: root,
    INVENTORY_FILE: inventoryFile,
    DURABLE_BACKUP_WORKFLOW_BUNDLE: inject('workflowBundlePath'),
  });
  await untilPolled(inject('temporalAddress'), taskQueue);
  return worker;
}
