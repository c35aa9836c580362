import { homedir, hostname } from 'node:os';
import { delimiter, join } from 'node:path';
import { z } from 'zod';
import {
  containerName,
  count,
  port,
  proxies,
  secret,
  otlpUrl,
  splitNames,
  splitRoots,
  unknownSku,
  wholeNumber,
  yesOrNo,
} from './config-values.ts';
import { knownPrefixSchema } from './contracts/blob-prefix.ts';
import { writtenByteRate } from './lib/units.ts';
import { Secret } from './lib/secret.ts';
import { workerNameSchema } from './contracts/input.ts';

/** More would be in each other's way on any machine. */
export const mostWorkerProcesses = 64;

/** Whoever is handed a code can try keys against it for as long as he likes. */
const fewestKeyCharacters = 16;

const logLevels = ['trace', 'debug', 'info', 'warn', 'error', 'silent'] as const;

/** Every variable, by what it is about. docs/configuration.md and .env.example are written from this (`npm run docs`). */
export const variables = {
  Storage: z.object({
    AZURE_STORAGE_CONNECTION_STRING: secret.optional().meta({
      description: 'The storage account.',
      sample: 'DefaultEndpointsProtocol=https;AccountName=…;AccountKey=…;EndpointSuffix=core.windows.net',
    }),
    AZURE_STORAGE_ACCOUNT: z
      .string()
      .regex(/^[a-z0-9]{3,24}$/u, {
        message: 'must be the name of a storage account, 3 to 24 lower-case letters and digits, without its address',
      })
      .optional()
      .meta({
        description: 'Its name instead, reached with the identity of the environment; the connection string wins.',
        sample: 'myaccount',
      }),
    BACKUP_CONTAINER: containerName
      .default('backups')
      .meta({ description: 'Container of the blobs; made when it does not exist.' }),
    BACKUP_PREFIX: knownPrefixSchema.default('').meta({
      description:
        "Put before every blob's name: folder names that each end in a slash and not in a dot or a space, 256 characters at most.",
      sample: 'hosts/web-1/',
    }),
    BACKUP_HOST: z
      .string()
      .regex(/^[^\s\p{Cc}](?:[^\p{Cc}]{0,251}[^\s\p{Cc}])?$/u, { message: 'must be a name of at most 253 characters' })
      .default(hostname())
      .meta({
        description:
          'The host that owns the prefix; others are refused. Set it where names change, as in containers, and alike on all workers of a queue.',
        sample: 'web-1',
        usual: "this machine's name",
      }),
    DURABLE_BACKUP_CONFIG: z.string().optional().meta({
      description: 'The sources file: what is backed up by a name.',
      sample: '/etc/durable-backup.yaml',
      usual: '`./durable-backup.yaml`, if there',
    }),
  }),
  Temporal: z.object({
    TEMPORAL_ADDRESS: z.string().optional().meta({
      description:
        'Host and port of Temporal. Where neither this nor a profile is set, `backup` and `dev` start one, and the other commands use 127.0.0.1:7233.',
      sample: '127.0.0.1:7233',
    }),
    TEMPORAL_PROFILE: z.string().optional().meta({
      description: "Profile of Temporal's configuration file; counts as naming a server.",
      sample: 'production',
    }),
    TEMPORAL_UI_URL: z
      .url({ protocol: /^https?$/u, message: 'must be a URL such as http://127.0.0.1:8233' })
      .optional()
      .meta({
        description: "Address of Temporal's Web UI, for the link that `backup` prints.",
        sample: 'http://127.0.0.1:8233',
      }),
    TASK_QUEUE: z
      .string()
      .max(800, 'must be at most 800 characters long')
      .default('durable-backup')
      .meta({ description: 'Temporal task queue that API, command and workers share.' }),
  }),
  Worker: z.object({
    BACKUP_ROOTS: z
      .string()
      .transform(splitRoots)
      .refine((roots) => roots.length > 0, { message: `must name directories, separated by ${delimiter}` })
      .optional()
      .meta({
        description:
          'Directories that may be backed up and restored into, separated as in `PATH`; symlinks are resolved before the check.',
        sample: '/srv/site:/srv/photos',
        usual: 'the working directory',
      }),
    WORKER_PROCESSES: count(1, mostWorkerProcesses).meta({
      description:
        'Processes that `durable-backup worker` keeps running, at most 64; the numbers below are of each. `--processes` wins.',
    }),
    WORKER_NAMES: z.string().default('').transform(splitNames).pipe(z.array(workerNameSchema)).meta({
      description:
        "Names of this host's directories, with commas between them: jobs that name one of them (`--worker-name`) come here.",
      sample: 'web-1',
      usual: 'none',
    }),
    ALLOW_COMMANDS: yesOrNo.meta({
      description:
        'Whether this worker runs the commands that the sources file names for notifications; the file must lie outside `BACKUP_ROOTS`.',
    }),
    WORKER_MAX_ACTIVITIES: count(32, 1000).meta({
      description: 'Activities that one worker process runs at once, and as many again for each of its `WORKER_NAMES`.',
    }),
    WORKER_MAX_WORKFLOW_TASKS: count(20, 1000).meta({
      description: 'Workflow tasks that one worker process runs at once.',
    }),
    WORKER_MAX_CACHED_WORKFLOWS: wholeNumber(1, 10_000).optional().meta({
      description: 'Workflows that one worker process keeps in memory.',
      sample: '1000',
      usual: 'by memory, at most 1000',
    }),
    UPLOAD_MEMORY_MB: count(128, 65_536).meta({
      description: 'Most MiB of file content that one worker process holds on its way to storage.',
    }),
    UPLOAD_LIMIT: writtenByteRate.optional().meta({
      description: 'Most bytes a second that one worker process sends; divide it by the number of processes.',
      sample: '10MiB',
      usual: 'none',
    }),
    DURABLE_BACKUP_WORKFLOW_BUNDLE: z.string().optional().meta({
      description:
        "Internal: file of a prebuilt workflow bundle. Otherwise it is the package's own, or in a clone the worker bundles `src/workflows`.",
      usual: "the package's",
    }),
  }),
  'Order batches': z.object({
    DATABASE_URL: secret.optional().meta({
      description: 'PostgreSQL database of the inventory behind order batches; without it a file is used.',
      sample: 'postgresql://user:password@127.0.0.1:5432/inventory',
      usual: 'none',
    }),
    INVENTORY_FILE: z.string().optional().meta({
      description: 'SQLite file of that inventory.',
      sample: '/var/lib/durable-backup/inventory.sqlite',
      usual: '`inventory.sqlite` in `DATA_DIR`',
    }),
    INVENTORY_UNKNOWN_SKU: z
      .string()
      .default('9.99')
      .transform(unknownSku)
      .refine((policy) => policy !== undefined, { message: 'must be reject, or a price such as 9.99' })
      .meta({
        description: 'What an article outside the catalogue costs, its stock unlimited; `reject` makes it fail.',
      }),
  }),
  'HTTP API': z.object({
    HOST: z
      .string()
      .default('127.0.0.1')
      .meta({ description: 'Address that the API listens on; another than a loopback one needs `API_KEY`.' }),
    PORT: port(7071).meta({ description: 'Port of the API; 0 picks a free one.' }),
    API_KEY: z
      .string()
      .refine((keys) => keys.split(',').every((key) => key.trim().length >= fewestKeyCharacters), {
        message: `must be one key, or several with commas between them, each of at least ${fewestKeyCharacters} characters; this prints a good one: node -p "crypto.randomUUID()"`,
      })
      .transform((keys) => new Secret(keys))
      .optional()
      .meta({
        description:
          'Key that callers of the API send, of 16 characters or more; several with commas between them all open. Without it everybody who reaches the port may use it.',
        sample: '0e2f7c1a-…',
        usual: 'none',
      }),
    CORS_ORIGINS: z
      .string()
      .transform(splitNames)
      .refine((origins) => origins.every((origin) => URL.canParse(origin) && new URL(origin).origin === origin), {
        message: 'must be origins with commas between them, each as browsers send it: https://app.example.com',
      })
      .optional()
      .meta({
        description:
          'Origins of web pages that may call the API and read its answers, with commas between them; they send `API_KEY` or the codes of its URIs, so it must be set.',
        sample: 'https://app.example.com',
        usual: 'none',
      }),
    TRUST_PROXY: z
      .string()
      .transform(proxies)
      .refine((trusted) => trusted !== undefined, {
        message: 'must be the number of proxies, or their addresses and subnets with commas between them: 10.0.0.0/8',
      })
      .optional()
      .meta({
        description:
          'Proxies in front of the API: their number, or their addresses and subnets. `Forwarded` and `X-Forwarded-*` count from them alone, so they must set these headers and not pass on what callers send.',
        sample: '10.0.0.0/8',
        usual: 'none',
      }),
    HTTP_RATE_LIMIT: wholeNumber(0, 100_000_000)
      .default(60_000)
      .meta({ description: 'Requests that one client may make in a minute; 0 is no limit.' }),
    HTTP_START_RATE_LIMIT: wholeNumber(0, 100_000_000)
      .default(6000)
      .meta({ description: 'Of those, the ones that start something.' }),
    HTTP_MAX_BACKLOG: wholeNumber(0, 100_000_000)
      .default(50_000)
      .meta({ description: 'Tasks that may wait for workers before starts are answered 429; 0 is no limit.' }),
    HTTP_REQUEST_TIMEOUT: count(60, 3600).meta({ description: 'Seconds that a client may take to send a request.' }),
    HTTP_MAX_BATCH_MB: count(8, 64).meta({
      description:
        'Most MiB of an order batch; without a storage account the API takes 2, all that fits into a history.',
    }),
    TASK_HUB: z
      .string()
      .regex(/^[a-z][a-z0-9]{2,44}$/iu, { message: 'must be 3 to 45 letters and digits, the first a letter' })
      .default('DurableFunctionsHub')
      .meta({
        description:
          'Shown in the URIs that the API hands out, and in the name of the container of large messages; 3 to 45 letters and digits.',
      }),
  }),
  'Embedded servers': z.object({
    DATA_DIR: z.string().optional().meta({
      description:
        'Data, logs and state of the embedded servers; never part of a backup. A `.data` that an earlier version made in the working directory is used there.',
      usual: '`~/.local/share/durable-backup`',
    }),
    EMBEDDED_TEMPORAL_PORT: port(7233).meta({ description: 'Port of the embedded Temporal; 0 picks a free one.' }),
    EMBEDDED_UI_PORT: port(8233).meta({ description: 'Port of its Web UI; 0 picks a free one.' }),
    EMBEDDED_BLOB_PORT: port(10_000).meta({ description: 'Port of the embedded Azurite; 0 picks a free one.' }),
    TEMPORAL_CLI_PATH: z.string().optional().meta({
      description:
        "Temporal's command line program, which holds the embedded server. Otherwise it is found on `PATH`, in the cache, or downloaded.",
      sample: '/usr/local/bin/temporal',
      usual: 'searched for',
    }),
    XDG_CACHE_HOME: z.string().default(join(homedir(), '.cache')).meta({
      description: 'Where a downloaded Temporal program is kept, in the folder `durable-backup`.',
      usual: '`~/.cache`',
    }),
    XDG_DATA_HOME: z.string().optional().meta({
      description: 'Where the usual `DATA_DIR` is, in the folder `durable-backup`.',
      usual: '`~/.local/share`',
    }),
    PATH: z.string().default('').meta({
      description: 'Searched for `temporal`, and for the Python that downloads it when all else fails.',
      usual: "the system's",
    }),
  }),
  'Logs, metrics and traces': z.object({
    LOG_LEVEL: z
      .enum(logLevels, { message: `must be one of ${logLevels.join(', ')}` })
      .optional()
      .meta({
        description: `One of ${logLevels.join(', ')}.`,
        sample: 'info',
        usual: '`info` for `worker` and `api`, `warn` for `dev`, `error` for the rest',
      }),
    METRICS_PORT: wholeNumber(0, 65_535).optional().meta({
      description:
        "Port on which a worker serves Prometheus' metrics, 0 picks a free one; with several processes, each has its own from there on. The API has them on its own port.",
      sample: '9464',
      usual: 'none',
    }),
    METRICS_HOST: z
      .string()
      .default('127.0.0.1')
      .meta({ description: 'Address for that; another than a loopback one needs `API_KEY` or `METRICS_OPEN`.' }),
    METRICS_OPEN: yesOrNo.meta({ description: 'Whether `/metrics` needs no key, of API and worker alike.' }),
    TRACE_FILE: z.string().optional().meta({
      description: "File to which traces are appended as lines of OTLP's JSON.",
      sample: '/var/log/durable-backup/traces.ndjson',
      usual: 'none',
    }),
    OTEL_EXPORTER_OTLP_ENDPOINT: z.url(otlpUrl).optional().meta({
      description:
        'Address of an OpenTelemetry collector that takes OTLP over HTTP; the other `OTEL_EXPORTER_OTLP_*` work too.',
      sample: 'http://127.0.0.1:4318',
      usual: 'none',
    }),
    OTEL_EXPORTER_OTLP_TRACES_ENDPOINT: z.url(otlpUrl).optional().meta({
      description: 'The same for traces alone, with its path.',
      sample: 'http://127.0.0.1:4318/v1/traces',
      usual: 'none',
    }),
    OTEL_SERVICE_NAME: z
      .string()
      .default('durable-backup')
      .meta({ description: 'What the processes are called in traces; `OTEL_RESOURCE_ATTRIBUTES` works too.' }),
    OTEL_SDK_DISABLED: yesOrNo.meta({ description: 'Whether there are no traces, whatever else is set.' }),
  }),
};

/** What a process may find in its environment. */
export const environment = z.object({
  ...variables.Storage.shape,
  ...variables.Temporal.shape,
  ...variables.Worker.shape,
  ...variables['Order batches'].shape,
  ...variables['HTTP API'].shape,
  ...variables['Embedded servers'].shape,
  ...variables['Logs, metrics and traces'].shape,
});
