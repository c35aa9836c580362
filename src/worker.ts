import { fileURLToPath } from 'node:url';
import { Worker, type NativeConnection } from '@temporalio/worker';
import { createActivities } from './activities/index.ts';
import { createMemoryBudget } from './activities/memory-budget.ts';
import type { Config } from './config.ts';
import type { BlobStore } from './storage/blob-store.ts';

export interface WorkerDependencies {
  readonly config: Config;
  readonly connection: NativeConnection;
  readonly namespace: string;
  readonly store: BlobStore;
  /** Directories that the worker may read besides `BACKUP_ROOTS`; absolute. */
  readonly extraRoots?: readonly string[];
}

/** Makes a worker that runs the project's workflows and activities; `run()` it and `shutdown()` it. */
export function createWorker({
  config,
  connection,
  namespace,
  store,
  extraRoots = [],
}: WorkerDependencies): Promise<Worker> {
  const { maxActivities, maxWorkflowTasks, maxCachedWorkflows, uploadMemoryBytes, workflowBundle } = config.worker;
  return Worker.create({
    connection,
    namespace,
    taskQueue: config.taskQueue,
    ...(workflowBundle === undefined
      ? { workflowsPath: fileURLToPath(new URL('workflows/index.ts', import.meta.url)) }
      : { workflowBundle: { codePath: workflowBundle } }),
    activities: createActivities({
      store,
      prefix: config.prefix,
      roots: [...config.backupRoots, ...extraRoots],
      workingDirectory: process.cwd(),
      memory: createMemoryBudget(uploadMemoryBytes),
    }),
    maxConcurrentActivityTaskExecutions: maxActivities,
    maxConcurrentWorkflowTaskExecutions: maxWorkflowTasks,
    maxCachedWorkflows,
    // A heartbeat brings back the news that its activity was cancelled; the SDK would otherwise send few of them.
    maxHeartbeatThrottleInterval: '2s',
    defaultHeartbeatThrottleInterval: '2s',
    // Long enough to end the file under way, short enough for a service manager's patience.
    shutdownGraceTime: '10s',
    shutdownForceTime: '20s',
  });
}
