import { homedir } from 'node:os';
import { delimiter, join, resolve } from 'node:path';
import { z } from 'zod';
import { ExpectedError } from './shared/failures.ts';
import { systemFolder } from './shared/blob-name.ts';

/** A value that must not reach a log: it prints as `[secret]`. */
class Secret {
  readonly #value: string;

  constructor(value: string) {
    this.#value = value;
  }

  reveal(): string {
    return this.#value;
  }

  toString(): string {
    return '[secret]';
  }

  toJSON(): string {
    return '[secret]';
  }
}

const port = (fallback: number) => z.coerce.number().int().min(0).max(65_535).default(fallback);
const count = (fallback: number, max: number) => z.coerce.number().int().min(1).max(max).default(fallback);
const secret = z.string().transform((value) => new Secret(value));

const containerName = z.string().regex(/^(?=.{3,63}$)[a-z0-9]+(?:-[a-z0-9]+)*$/u, {
  message:
    'a container name has 3 to 63 lower-case letters, digits and single hyphens, and starts and ends with a letter or digit',
});

const blobPrefix = z
  .string()
  .max(256)
  .refine((prefix) => prefix === '' || /^(?!\/)(?:(?!\.{1,2}\/)[^\\%\p{Cc}/]+\/)+$/u.test(prefix), {
    message: 'a prefix is empty or made of plain folder names, each followed by a slash: hosts/web-1/',
  })
  .refine((prefix) => !prefix.startsWith(`${systemFolder}/`), {
    message: `${systemFolder}/ holds the project's own data`,
  });

const environment = z.object({
  TASK_QUEUE: z.string().min(1).max(1000).default('durable-backup'),
  BACKUP_ROOTS: z.string().optional(),
  BACKUP_CONTAINER: containerName.default('backups'),
  BACKUP_PREFIX: blobPrefix.default(''),
  AZURE_STORAGE_CONNECTION_STRING: secret.optional(),
  AZURE_STORAGE_ACCOUNT: z.string().min(1).optional(),
  TEMPORAL_ADDRESS: z.string().min(1).optional(),
  TEMPORAL_PROFILE: z.string().min(1).optional(),
  TEMPORAL_CLI_PATH: z.string().min(1).optional(),
  TEMPORAL_UI_URL: z.url().optional(),
  PORT: port(7071),
  HOST: z.string().min(1).default('127.0.0.1'),
  API_KEY: secret.optional(),
  TASK_HUB: z
    .string()
    .regex(/^[a-z][a-z0-9]{2,44}$/iu)
    .default('DurableFunctionsHub'),
  WORKER_MAX_ACTIVITIES: count(32, 1000),
  WORKER_MAX_WORKFLOW_TASKS: count(20, 1000),
  WORKER_MAX_CACHED_WORKFLOWS: count(100, 10_000),
  UPLOAD_MEMORY_MB: count(128, 65_536),
  DATA_DIR: z.string().min(1).default('.data'),
  EMBEDDED_TEMPORAL_PORT: port(7233),
  EMBEDDED_UI_PORT: port(8233),
  EMBEDDED_BLOB_PORT: port(10_000),
  LOG_LEVEL: z.enum(['trace', 'debug', 'info', 'warn', 'error', 'silent']).optional(),
  PATH: z.string().default(''),
  XDG_CACHE_HOME: z.string().default(join(homedir(), '.cache')),
  DURABLE_BACKUP_WORKFLOW_BUNDLE: z.string().optional(),
});

/** The settings of one process, read from its environment once at start. README lists each variable. */
export type Config = ReturnType<typeof readConfig>;

/** Reads and checks the environment. Throws an {@link ExpectedError} that names each wrong variable and what it must be. */
export function readConfig(env: NodeJS.ProcessEnv = process.env) {
  // An empty variable is how compose files and shells say "not set".
  const present = Object.fromEntries(Object.entries(env).filter(([, value]) => value !== ''));
  const parsed = environment.safeParse(present);
  if (!parsed.success) {
    const wrong = parsed.error.issues.map((issue) => `${issue.path.join('.')}: ${issue.message}`);
    throw new ExpectedError('InvalidConfiguration', `The environment is not usable. ${wrong.join('; ')}`);
  }
  const e = parsed.data;
  return Object.freeze({
    taskQueue: e.TASK_QUEUE,
    backupRoots: e.BACKUP_ROOTS === undefined ? [process.cwd()] : splitRoots(e.BACKUP_ROOTS),
    container: e.BACKUP_CONTAINER,
    prefix: e.BACKUP_PREFIX,
    storage: storageAccount(e.AZURE_STORAGE_CONNECTION_STRING, e.AZURE_STORAGE_ACCOUNT),
    temporal: { named: e.TEMPORAL_ADDRESS !== undefined || e.TEMPORAL_PROFILE !== undefined, uiUrl: e.TEMPORAL_UI_URL },
    http: { host: e.HOST, port: e.PORT, apiKey: e.API_KEY, taskHub: e.TASK_HUB },
    worker: {
      maxActivities: e.WORKER_MAX_ACTIVITIES,
      maxWorkflowTasks: e.WORKER_MAX_WORKFLOW_TASKS,
      maxCachedWorkflows: e.WORKER_MAX_CACHED_WORKFLOWS,
      uploadMemoryBytes: e.UPLOAD_MEMORY_MB * 1024 * 1024,
      workflowBundle: e.DURABLE_BACKUP_WORKFLOW_BUNDLE,
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
    logLevel: e.LOG_LEVEL,
  });
}

/** Where blobs go: a connection string, or an account reached with the identity of the environment. */
export type StorageAccount = { readonly connectionString: Secret } | { readonly account: string };

function storageAccount(connectionString?: Secret, account?: string): StorageAccount | undefined {
  if (connectionString) return { connectionString };
  return account === undefined ? undefined : { account };
}

function splitRoots(value: string): string[] {
  return value
    .split(delimiter)
    .filter((root) => root !== '')
    .map((root) => resolve(root));
}
