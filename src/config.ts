import type { z } from 'zod';
import { join, resolve } from 'node:path';
import { cachedWorkflows, memoryOf, storageAccount, tracingOf } from './config-values.ts';
import { environment } from './config-variables.ts';
import { chooseDataDir } from './embedded/data-dir.ts';
import { ExpectedError } from './contracts/failures.ts';

const MiB = 1024 * 1024;

/** The settings of one process, read from its environment once at start. docs/configuration.md lists each variable. */
export type Config = ReturnType<typeof readConfig>;

/**
 * Takes empty variables out of this process's environment: they are how compose files and shells say "not set", while the SDKs of
 * Temporal and Azure, which read variables of their own, would take them for values.
 */
export function dropEmptyVariables(): void {
  for (const [name, value] of Object.entries(process.env)) if (value === '') delete process.env[name];
}

function unusable({ issues }: z.ZodError): ExpectedError {
  const wrong = issues.map(({ path: [name, place], message }) => {
    const which = typeof place === 'number' ? `value ${place + 1} of the list ` : '';
    return `${String(name)}: ${which}${message}`;
  });
  return new ExpectedError('InvalidConfiguration', `The environment is not usable. ${wrong.join('; ')}`);
}

/** Reads and checks the environment. Throws an {@link ExpectedError} that names each wrong variable and what it must be. */
export function readConfig(env: NodeJS.ProcessEnv = process.env) {
  const present = Object.fromEntries(Object.entries(env).filter(([, value]) => value !== ''));
  const parsed = environment.safeParse(present);
  if (!parsed.success) throw unusable(parsed.error);
  const e = parsed.data;
  const data = chooseDataDir(e.DATA_DIR, e.XDG_DATA_HOME);
  return Object.freeze({
    taskQueue: e.TASK_QUEUE,
    backupRoots: e.BACKUP_ROOTS ?? [process.cwd()],
    container: e.BACKUP_CONTAINER,
    prefix: e.BACKUP_PREFIX,
    /** Of the sources; undefined where it is the usual one. */
    sourcesFile: e.DURABLE_BACKUP_CONFIG,
    backupHost: e.BACKUP_HOST,
    storage: storageAccount(e.AZURE_STORAGE_CONNECTION_STRING, e.AZURE_STORAGE_ACCOUNT),
    temporal: { named: e.TEMPORAL_ADDRESS !== undefined || e.TEMPORAL_PROFILE !== undefined, uiUrl: e.TEMPORAL_UI_URL },
    http: {
      host: e.HOST,
      port: e.PORT,
      apiKey: e.API_KEY,
      taskHub: e.TASK_HUB,
      corsOrigins: e.CORS_ORIGINS,
      trustProxy: e.TRUST_PROXY,
      rateLimits: { requests: e.HTTP_RATE_LIMIT, starts: e.HTTP_START_RATE_LIMIT },
      maxBacklog: e.HTTP_MAX_BACKLOG,
      requestTimeoutMs: e.HTTP_REQUEST_TIMEOUT * 1000,
      maxBatchBytes: e.HTTP_MAX_BATCH_MB * MiB,
    },
    worker: {
      processes: e.WORKER_PROCESSES,
      names: e.WORKER_NAMES,
      /** Whether commands of the sources file may be run. */
      allowCommands: e.ALLOW_COMMANDS,
      maxActivities: e.WORKER_MAX_ACTIVITIES,
      maxWorkflowTasks: e.WORKER_MAX_WORKFLOW_TASKS,
      maxCachedWorkflows: e.WORKER_MAX_CACHED_WORKFLOWS ?? cachedWorkflows(memoryOf(e.WORKER_PROCESSES)),
      uploadMemoryBytes: e.UPLOAD_MEMORY_MB * MiB,
      /** Bytes per second of this process; undefined where there is no limit. */
      uploadLimit: e.UPLOAD_LIMIT,
      workflowBundle: e.DURABLE_BACKUP_WORKFLOW_BUNDLE,
    },
    inventory: {
      databaseUrl: e.DATABASE_URL,
      file: resolve(e.INVENTORY_FILE ?? join(data.dataDir, 'inventory.sqlite')),
      unknownSku: e.INVENTORY_UNKNOWN_SKU ?? 'reject',
    },
    embedded: {
      ...data,
      /** Whether DATA_DIR is set. */
      named: e.DATA_DIR !== undefined,
      cacheDir: join(e.XDG_CACHE_HOME, 'durable-backup'),
      temporalCliPath: e.TEMPORAL_CLI_PATH,
      searchPath: e.PATH,
      temporalPort: e.EMBEDDED_TEMPORAL_PORT,
      uiPort: e.EMBEDDED_UI_PORT,
      blobPort: e.EMBEDDED_BLOB_PORT,
    },
    metrics: { host: e.METRICS_HOST, port: e.METRICS_PORT, open: e.METRICS_OPEN },
    tracing: tracingOf(e),
    logLevel: e.LOG_LEVEL,
  });
}
