import { sep } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { DataConverter } from '@temporalio/common';
import { Worker, type NativeConnection } from '@temporalio/worker';
import { createActivities } from './activities/index.ts';
import { createMemoryBudget } from './activities/paged/memory-budget.ts';
import { isRunning } from './claims/claim-root.ts';
import { createNotifyActivities } from './activities/notify/index.ts';
import { createOrderActivities } from './activities/orders/index.ts';
import { openSourcesFile, sourceNamed } from './client/sources/sources-file.ts';
import type { Config } from './config.ts';
import { findEmbeddedData } from './embedded/data-dir.ts';
import type { Inventory } from './inventory/inventory.ts';
import { siblingModule } from './lib/sibling-module.ts';
import { workerQueue } from './contracts/job.ts';
import type { BlobStore } from './storage/blob-store.ts';
import type { JobMetrics } from './telemetry/job-metrics.ts';
import { watchActivities } from './telemetry/watch-activities.ts';
import { watchWorkflows } from './telemetry/watch-workflows.ts';
import { findWorkflowBundle } from './workflow-bundle.ts';

type WorkerCaps = Pick<Config['worker'], 'maxActivities' | 'maxWorkflowTasks' | 'maxCachedWorkflows'>;

export interface WorkerDependencies {
  readonly config: Config;
  readonly connection: NativeConnection;
  readonly namespace: string;
  readonly store: BlobStore;
  /** Keeps large payloads out of histories; the clients must have the same. */
  readonly dataConverter?: DataConverter;
  /** Without it the worker leaves order batches to others. */
  readonly inventory?: Inventory;
  /** Counts what the worker does. */
  readonly metrics?: JobMetrics;
  /** Directories that the worker may read besides `BACKUP_ROOTS`; absolute. */
  readonly extraRoots?: readonly string[];
  /** What an empty root stands for; absolute. This process's own unless given. */
  readonly workingDirectory?: string;
}

/**
 * Makes a worker that runs the project's workflows and activities, and beside it one for each of its names, which runs activities
 * alone. They share the connection, the activities and the memory for file contents.
 */
export async function createWorker({
  config,
  connection,
  namespace,
  store,
  dataConverter,
  inventory,
  metrics,
  extraRoots = [],
  workingDirectory = process.cwd(),
}: WorkerDependencies): Promise<WorkerGroup> {
  const { uploadMemoryBytes, workflowBundle, names } = config.worker;
  const memory = createMemoryBudget(uploadMemoryBytes);
  const roots = [...config.backupRoots, ...extraRoots];
  metrics?.watchMemory(memory);
  const activities = {
    ...createActivities({
      store,
      prefix: config.prefix,
      host: config.backupHost,
      roots,
      ownFolders: ownFolders(config),
      workingDirectory,
      memory,
      isRunning,
      embeddedData: () => findEmbeddedData(config.embedded.dataDir),
    }),
    ...notifyActivities(config, roots),
    ...(inventory && createOrderActivities({ inventory })),
  };
  const common = {
    connection,
    namespace,
    activities,
    interceptors: { activity: [watchActivities(metrics)] },
    sinks: watchWorkflows(metrics),
    ...(dataConverter && { dataConverter }),
    ...workerTuning(config.worker),
  };
  const bundle = workflowBundle ?? (await findWorkflowBundle(config.embedded.cacheDir));
  const worker = await Worker.create({
    ...common,
    taskQueue: config.taskQueue,
    ...(bundle === undefined
      ? {
          workflowsPath: fileURLToPath(siblingModule('workflows/index', import.meta.url)),
          interceptors: {
            ...common.interceptors,
            workflowModules: [fileURLToPath(siblingModule('workflows/telemetry', import.meta.url))],
          },
        }
      : { workflowBundle: { codePath: bundle } }),
  });
  const ofNames = names.map((name) => Worker.create({ ...common, taskQueue: workerQueue(name) }));
  return workerGroup([worker, ...(await Promise.all(ofNames))]);
}

function notifyActivities({ sourcesFile, worker, embedded }: Config, roots: readonly string[]) {
  return createNotifyActivities({
    // As the file stands by then: an address or a program is changed there alone.
    definitionOf: async (name) => sourceNamed(await openSourcesFile(sourcesFile), name),
    allowCommands: worker.allowCommands,
    roots,
    searchPath: embedded.searchPath,
  });
}

/** How much a worker takes on at once, and how it listens. */
export function workerTuning({ maxActivities, maxWorkflowTasks, maxCachedWorkflows }: WorkerCaps) {
  return {
    maxConcurrentActivityTaskExecutions: maxActivities,
    maxConcurrentWorkflowTaskExecutions: maxWorkflowTasks,
    maxCachedWorkflows,
    // A heartbeat brings back the news that its activity was cancelled; the SDK would otherwise send few of them.
    maxHeartbeatThrottleInterval: '2s',
    defaultHeartbeatThrottleInterval: '2s',
    // Long enough to end the file under way, short enough for a service manager's patience.
    shutdownGraceTime: '10s',
    shutdownForceTime: '20s',
  } as const;
}

/** Workers of one process that live and end together. */
interface WorkerGroup {
  /** Resolves when all have ended as they were told to; when one fails the others are stopped, and then it rejects. */
  run(): Promise<void>;
  /** Runs them until `stop` resolves and what they had under way has ended or was given back. */
  runUntil(stop: Promise<unknown>): Promise<void>;
  /** Begins to stop those that run. */
  shutdown(): void;
}

type Runs = Pick<Worker, 'run' | 'shutdown' | 'getState'>;

export function workerGroup(workers: readonly Runs[]): WorkerGroup {
  const shutdown = () => {
    for (const worker of workers) if (worker.getState() === 'RUNNING') worker.shutdown();
  };
  const run = async () => {
    const runs = workers.map((worker) => worker.run());
    try {
      await Promise.all(runs);
    } catch (error) {
      shutdown();
      await Promise.allSettled(runs);
      throw error;
    }
  };
  return {
    run,
    shutdown,
    runUntil: async (stop) => {
      const ended = run();
      await Promise.race([stop, ended]);
      shutdown();
      await ended;
    },
  };
}

/**
 * What no restore may write to: the program's code, with that of the packages that it uses, and the data of the embedded servers where
 * they are what is used. Absolute.
 */
export function ownFolders({ embedded, temporal, storage }: Config): string[] {
  const usesEmbedded = !temporal.named || storage === undefined;
  return [codeFolder(fileURLToPath(new URL('..', import.meta.url))), ...(usesEmbedded ? [embedded.dataDir] : [])];
}

/** The folder of packages that the package lies in, where it was installed into one. */
function codeFolder(packageFolder: string): string {
  const modules = `${sep}node_modules${sep}`;
  const at = packageFolder.lastIndexOf(modules);
  return at === -1 ? packageFolder : packageFolder.slice(0, at + modules.length);
}
