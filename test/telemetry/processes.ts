import { randomUUID } from 'node:crypto';
import { realpath, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, inject, onTestFinished } from 'vitest';
import { startMain } from '../support/main-process.ts';
import { temporaryDirectory } from '../support/tree.ts';

/** An API and a worker, each a process of its own, that go with the test. */
export interface Processes {
  readonly api: string;
  /** Where the worker serves its metrics. */
  readonly workerMetrics: string;
  /** What may be backed up. */
  readonly root: string;
  readonly taskQueue: string;
  /** OTLP's JSON of both. */
  readonly traceFile: string;
  readonly stop: () => Promise<void>;
}

export interface ProcessSettings {
  /** Whether both write what they do to a file. */
  readonly tracing?: boolean;
  /** Names the root in a sources file. */
  readonly source?: string;
  readonly env?: NodeJS.ProcessEnv;
}

export async function startProcesses({ tracing = false, source, ...more }: ProcessSettings = {}): Promise<Processes> {
  const directory = await realpath(await temporaryDirectory());
  const root = join(directory, 'root');
  const traceFile = join(directory, 'trace.ndjson');
  const sourcesFile = join(directory, 'sources.yaml');
  if (source !== undefined)
    await writeFile(sourcesFile, `sources:\n  ${source}:\n    root: ${root}\n    prefix: ${source}/\n`);
  const env = {
    TEMPORAL_ADDRESS: inject('temporalAddress'),
    AZURE_STORAGE_CONNECTION_STRING: inject('connectionString'),
    TASK_QUEUE: `telemetry-${randomUUID()}`,
    BACKUP_CONTAINER: `telemetry-${randomUUID()}`,
    BACKUP_ROOTS: directory,
    INVENTORY_FILE: join(directory, 'inventory.sqlite'),
    DURABLE_BACKUP_WORKFLOW_BUNDLE: inject('workflowBundlePath'),
    PORT: '0',
    METRICS_PORT: '0',
    ...(source !== undefined && { DURABLE_BACKUP_CONFIG: sourcesFile }),
    ...(tracing && { TRACE_FILE: traceFile, OTEL_SERVICE_NAME: 'under-test' }),
    ...more.env,
  };
  // Its metrics are served a moment before it polls; what it is given to do waits until then.
  const worker = await startMain('worker', 'metrics are served', env);
  onTestFinished(() => worker.kill());
  const api = await startMain('api', 'API is listening', env);
  onTestFinished(() => api.kill());
  const urlIn = (line: string) => (JSON.parse(line) as { url: string }).url;
  const stop = async () => {
    expect(await api.stop()).toBe(0);
    expect(await worker.stop()).toBe(0);
  };
  const { TASK_QUEUE: taskQueue } = env;
  return { taskQueue, api: urlIn(api.ready), workerMetrics: urlIn(worker.ready), root, traceFile, stop };
}

/** Starts a backup and waits for its end. Returns its state. */
export async function backUp(api: string, root: string, headers: Record<string, string> = {}): Promise<string> {
  const body = JSON.stringify({ root });
  const init = { method: 'POST', body, headers: { 'Content-Type': 'application/json', ...headers } };
  const started = await fetch(`${api}/api/backups`, init);
  expect(started.status).toBe(202);
  const location = started.headers.get('location') ?? '';
  await expect.poll(async () => (await fetch(location)).status).toBe(200);
  const { runtimeStatus } = (await (await fetch(location)).json()) as { runtimeStatus: string };
  return runtimeStatus;
}
