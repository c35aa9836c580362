import { homedir, hostname } from 'node:os';
import { delimiter, join, resolve } from 'node:path';
import { z } from 'zod';
import {
  cachedWorkflows,
  memoryOf,
  containerName,
  count,
  port,
  proxies,
  secret,
  otlpUrl,
  splitNames,
  splitRoots,
  storageAccount,
  tracingOf,
  unknownSku,
  wholeNumber,
  yesOrNo,
} from './config-values.ts';
import { knownPrefixSchema } from './contracts/blob-prefix.ts';
import { byteRateHelp, parseByteRate } from './lib/units.ts';
import { ExpectedError } from './contracts/failures.ts';
import { Secret } from './lib/secret.ts';
import { isWorkerName, workerNameRule } from './contracts/worker-name.ts';

/** More would be in each other's way on any machine. */
export const mostWorkerProcesses = 64;

/** Whoever is handed a code can try keys against it for as long as he likes. */
const fewestKeyCharacters = 16;

const MiB = 1024 * 1024;

const logLevels = ['trace', 'debug', 'info', 'warn', 'error', 'silent'] as const;

const environment = z.object({
  TASK_QUEUE: z.string().max(800, 'must be at most 800 characters long').default('durable-backup'),
  BACKUP_ROOTS: z
    .string()
    .transform(splitRoots)
    .refine((roots) => roots.length > 0, { message: `must name directories, separated by ${delimiter}` })
    .optional(),
  BACKUP_CONTAINER: containerName.default('backups'),
  BACKUP_PREFIX: knownPrefixSchema.default(''),
  DURABLE_BACKUP_CONFIG: z.string().optional(),
  BACKUP_HOST: z
    .string()
    .regex(/^[^\s\p{Cc}](?:[^\p{Cc}]{0,251}[^\s\p{Cc}])?$/u, { message: 'must be a name of at most 253 characters' })
    .default(hostname()),
  AZURE_STORAGE_CONNECTION_STRING: secret.optional(),
  AZURE_STORAGE_ACCOUNT: z
    .string()
    .regex(/^[a-z0-9]{3,24}$/u, {
      message: 'must be the name of a storage account, 3 to 24 lower-case letters and digits, without its address',
    })
    .optional(),
  TEMPORAL_ADDRESS: z.string().optional(),
  TEMPORAL_PROFILE: z.string().optional(),
  TEMPORAL_CLI_PATH: z.string().optional(),
  TEMPORAL_UI_URL: z.url({ protocol: /^https?$/u, message: 'must be a URL such as http://127.0.0.1:8233' }).optional(),
  PORT: port(7071),
  HOST: z.string().default('127.0.0.1'),
  API_KEY: z
    .string()
    .refine((keys) => keys.split(',').every((key) => key.trim().length >= fewestKeyCharacters), {
      message: `must be one key, or several with commas between them, each of at least ${fewestKeyCharacters} characters; this prints a good one: node -p "crypto.randomUUID()"`,
    })
    .transform((keys) => new Secret(keys))
    .optional(),
  TRUST_PROXY: z
    .string()
    .transform(proxies)
    .refine((trusted) => trusted !== undefined, {
      message: 'must be the number of proxies, or their addresses and subnets with commas between them: 10.0.0.0/8',
    })
    .optional(),
  HTTP_RATE_LIMIT: wholeNumber(0, 100_000_000).default(60_000),
  HTTP_START_RATE_LIMIT: wholeNumber(0, 100_000_000).default(6000),
  HTTP_MAX_BACKLOG: wholeNumber(0, 100_000_000).default(50_000),
  HTTP_REQUEST_TIMEOUT: count(60, 3600),
  HTTP_MAX_BATCH_MB: count(8, 64),
  TASK_HUB: z
    .string()
    .regex(/^[a-z][a-z0-9]{2,44}$/iu, { message: 'must be 3 to 45 letters and digits, the first a letter' })
    .default('DurableFunctionsHub'),
  WORKER_PROCESSES: count(1, mostWorkerProcesses),
  WORKER_NAMES: z
    .string()
    .default('')
    .transform(splitNames)
    .refine((names) => names.every(isWorkerName), {
      message: `must be names with commas between them, each ${workerNameRule}`,
    }),
  ALLOW_COMMANDS: yesOrNo,
  WORKER_MAX_ACTIVITIES: count(32, 1000),
  WORKER_MAX_WORKFLOW_TASKS: count(20, 1000),
  WORKER_MAX_CACHED_WORKFLOWS: wholeNumber(1, 10_000).optional(),
  UPLOAD_MEMORY_MB: count(128, 65_536),
  UPLOAD_LIMIT: z
    .string()
    .transform(parseByteRate)
    .refine((rate) => rate !== undefined, { message: byteRateHelp })
    .optional(),
  DATA_DIR: z.string().default('.data'),
  DATABASE_URL: secret.optional(),
  INVENTORY_FILE: z.string().optional(),
  INVENTORY_UNKNOWN_SKU: z
    .string()
    .default('9.99')
    .transform(unknownSku)
    .refine((policy) => policy !== undefined, { message: 'must be reject, or a price such as 9.99' }),
  EMBEDDED_TEMPORAL_PORT: port(7233),
  EMBEDDED_UI_PORT: port(8233),
  EMBEDDED_BLOB_PORT: port(10_000),
  METRICS_PORT: wholeNumber(0, 65_535).optional(),
  METRICS_HOST: z.string().default('127.0.0.1'),
  METRICS_OPEN: yesOrNo,
  TRACE_FILE: z.string().optional(),
  OTEL_EXPORTER_OTLP_ENDPOINT: z.url(otlpUrl).optional(),
  OTEL_EXPORTER_OTLP_TRACES_ENDPOINT: z.url(otlpUrl).optional(),
  OTEL_SERVICE_NAME: z.string().default('durable-backup'),
  OTEL_SDK_DISABLED: yesOrNo,
  LOG_LEVEL: z.enum(logLevels, { message: `must be one of ${logLevels.join(', ')}` }).optional(),
  PATH: z.string().default(''),
  XDG_CACHE_HOME: z.string().default(join(homedir(), '.cache')),
  DURABLE_BACKUP_WORKFLOW_BUNDLE: z.string().optional(),
});

/** The settings of one process, read from its environment once at start. README lists each variable. */
export type Config = ReturnType<typeof readConfig>;

/**
 * Takes empty variables out of this process's environment: they are how compose files and shells say "not set", while the SDKs of
 * Temporal and Azure, which read variables of their own, would take them for values.
 */
export function dropEmptyVariables(): void {
  for (const [name, value] of Object.entries(process.env)) if (value === '') delete process.env[name];
}

/** Reads and checks the environment. Throws an {@link ExpectedError} that names each wrong variable and what it must be. */
export function readConfig(env: NodeJS.ProcessEnv = process.env) {
  const present = Object.fromEntries(Object.entries(env).filter(([, value]) => value !== ''));
  const parsed = environment.safeParse(present);
  if (!parsed.success) {
    const wrong = parsed.error.issues.map((issue) => `${issue.path.join('.')}: ${issue.message}`);
    throw new ExpectedError('InvalidConfiguration', `The environment is not usable. ${wrong.join('; ')}`);
  }
  const e = parsed.data;
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
      file: resolve(e.INVENTORY_FILE ?? join(e.DATA_DIR, 'inventory.sqlite')),
      unknownSku: e.INVENTORY_UNKNOWN_SKU ?? 'reject',
    },
    embedded: {
      dataDir: resolve(e.DATA_DIR),
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
