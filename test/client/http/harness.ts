import { randomUUID } from 'node:crypto';
import { mkdir, realpath } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { Client, Connection } from '@temporalio/client';
import type { DataConverter } from '@temporalio/common';
import { NativeConnection } from '@temporalio/worker';
import { pino } from 'pino';
import { inject, onTestFinished } from 'vitest';
import { Jobs } from '../../../src/client/jobs/jobs.ts';
import { readConfig, type Config } from '../../../src/config.ts';
import { serveHttp } from '../../../src/client/cli/serve/http-server.ts';
import { openBackups } from '../../../src/client/cli/open/storage.ts';
import { openBlobStore } from '../../../src/storage/open-blob-store.ts';
import { createWorker, type WorkerDependencies } from '../../../src/worker.ts';
import { temporaryDirectory } from '../../support/tree.ts';
import { installQuietRuntime } from '../../support/workflow-harness.ts';

export interface Api {
  /** Where the API listens, without a slash at the end. */
  readonly url: string;
  readonly config: Config;
  /** The only directory that may be backed up. */
  readonly root: string;
  readonly client: Client;
  readonly jobs: Jobs;
  readonly dataConverter?: DataConverter;
}

export interface ApiSettings {
  readonly apiKey?: string;
  /** Of the blob service, when it is not the test run's own. */
  readonly connectionString?: string;
  /** Whether the API knows the storage account; by default it does. */
  readonly storage?: boolean;
  /** Names the sources; none unless given. */
  readonly sourcesFile?: string;
  /** Of Temporal, when it is not the test run's own. */
  readonly address?: string;
  /** Of client and worker alike. */
  readonly dataConverter?: DataConverter;
}

/** The HTTP API on a free port, with a task queue, a container and a root of its own; it goes with the test. */
export async function startApi(settings: ApiSettings = {}): Promise<Api> {
  const { apiKey = '', connectionString, storage = true, sourcesFile, address, dataConverter } = settings;
  const converter = dataConverter && { dataConverter };
  const root = await realpath(await temporaryDirectory());
  const config = readConfig({
    TASK_QUEUE: `http-${randomUUID()}`,
    BACKUP_CONTAINER: `http-${randomUUID()}`,
    BACKUP_ROOTS: root,
    AZURE_STORAGE_CONNECTION_STRING: connectionString ?? inject('connectionString'),
    DURABLE_BACKUP_WORKFLOW_BUNDLE: inject('workflowBundlePath'),
    PORT: '0',
    API_KEY: apiKey,
    ...(sourcesFile !== undefined && { DURABLE_BACKUP_CONFIG: sourcesFile }),
  });
  const chosen = address ?? inject('temporalAddress');
  const connection = Connection.lazy({ address: chosen });
  const client = new Client({ connection, ...converter });
  const jobs = new Jobs({ client, address: chosen, taskQueue: config.taskQueue });
  // What nobody expected shows in the run's output: a test that fails for it says no more than 500.
  const log = pino({ level: 'error' }, pino.destination({ fd: 2, sync: true }));
  const server = await serveHttp(config, jobs, log, storage ? openBackups(config) : undefined);
  onTestFinished(async () => {
    await server.close();
    await connection.close();
  });
  return { url: server.url, config, root, client, jobs, ...converter };
}

export interface TestWorker {
  readonly workingDirectory: string;
  stop(): Promise<void>;
}

/** The project's worker for an API's task queue; it goes with the test. An empty root stands for `cwd` below the API's root. */
export async function startWorker(
  { config, root, dataConverter }: Pick<Api, 'config' | 'root' | 'dataConverter'>,
  parts: Pick<WorkerDependencies, 'inventory'> = {},
): Promise<TestWorker> {
  installQuietRuntime();
  if (!config.storage || !('connectionString' in config.storage)) throw new Error('no storage');
  const store = openBlobStore({ connectionString: config.storage.connectionString.reveal() }, config.container);
  const connection = await NativeConnection.connect({ address: inject('temporalAddress') });
  const workingDirectory = join(root, 'cwd');
  await mkdir(workingDirectory, { recursive: true });
  const worker = await createWorker({
    config,
    connection,
    namespace: 'default',
    store,
    workingDirectory,
    ...(dataConverter && { dataConverter }),
    ...parts,
  });
  const ended = worker.run();
  let stopping: Promise<void> | undefined;
  const stop = () => {
    stopping ??= (async () => {
      worker.shutdown();
      await ended;
      await connection.close();
    })();
    return stopping;
  };
  onTestFinished(stop);
  return { workingDirectory, stop };
}

export const instancesPath = '/runtime/webhooks/durabletask/instances';
export const startPath = '/orchestrators/E2_BackupSiteContent';
export const webhookStartPath = '/runtime/webhooks/durabletask/orchestrators/E2_BackupSiteContent';

/** Asks for a backup as the original's callers do. */
export function postJson(url: string, body: string, headers: Record<string, string> = {}): Promise<Response> {
  return fetch(url, { method: 'POST', body, headers: { 'Content-Type': 'application/json', ...headers } });
}

export function locationOf(response: Response): string {
  return response.headers.get('location') ?? '';
}

export interface StatusBody {
  readonly name: string;
  readonly instanceId: string;
  readonly runtimeStatus: string;
  readonly input: unknown;
  readonly customStatus: unknown;
  readonly output: unknown;
  readonly createdTime: string;
  readonly lastUpdatedTime: string;
}

/** Polls as a caller does, only faster, until something other than 202 comes. */
export async function untilEnded(
  location: string,
  { pause = 100, busy = [202] }: { readonly pause?: number; readonly busy?: readonly number[] } = {},
): Promise<{ response: Response; body: StatusBody }> {
  for (;;) {
    const response = await fetch(location);
    if (!busy.includes(response.status)) return { response, body: (await response.json()) as StatusBody };
    await response.body?.cancel();
    await sleep(pause);
  }
}

/** How many workflows were started on an API's task queue so far. */
export async function startedWorkflows({ client, config }: Pick<Api, 'client' | 'config'>): Promise<number> {
  // Temporal counts what it has indexed, in order: once this one is, those before it are.
  await client.workflow.start('marker', { workflowId: randomUUID(), taskQueue: config.taskQueue, args: [] });
  for (;;) {
    const names: string[] = [];
    for await (const { type } of client.workflow.list({ query: `TaskQueue = '${config.taskQueue}'` })) names.push(type);
    if (names.includes('marker')) return names.filter((name) => name !== 'marker').length;
    await sleep(50);
  }
}
