import { randomUUID } from 'node:crypto';
import { Client, Connection, type WorkflowExecutionDescription, type WorkflowHandle } from '@temporalio/client';
import { temporal } from '@temporalio/proto';
import {
  DefaultLogger,
  makeTelemetryFilterString,
  NativeConnection,
  Runtime,
  Worker,
  type WorkerOptions,
} from '@temporalio/worker';
import { inject } from 'vitest';

let installed = false;

/** Silences Temporal's SDK: failures are what many tests are about, and the tests say which matter. */
export function installQuietRuntime(): void {
  if (installed) return;
  Runtime.install({
    logger: new DefaultLogger('ERROR', () => undefined),
    telemetryOptions: { logging: { filter: makeTelemetryFilterString({ core: 'ERROR' }), forward: {} } },
    shutdownSignals: [],
  });
  installed = true;
}

/** A client of the test run's Temporal server, closed by the caller. */
export async function connect(): Promise<{ client: Client; close: () => Promise<void> }> {
  const connection = await Connection.connect({ address: inject('temporalAddress') });
  return { client: new Client({ connection }), close: () => connection.close() };
}

export interface RunningWorker {
  readonly taskQueue: string;
  readonly stop: () => Promise<void>;
}

/** Runs the project's workflows with the given activities, on a task queue of their own. */
export async function startWorker(
  activities: object,
  { address = inject('temporalAddress'), ...options }: Partial<WorkerOptions> & { readonly address?: string } = {},
): Promise<RunningWorker> {
  installQuietRuntime();
  const connection = await NativeConnection.connect({ address });
  const taskQueue = options.taskQueue ?? `test-${randomUUID()}`;
  const worker = await Worker.create({
    connection,
    workflowBundle: { codePath: inject('workflowBundlePath') },
    activities,
    identity: 'test worker',
    maxHeartbeatThrottleInterval: '100ms',
    ...options,
    taskQueue,
  });
  const ended = worker.run();
  return {
    taskQueue,
    stop: async () => {
      worker.shutdown();
      await ended;
      await connection.close();
    },
  };
}

/** How many events each run of a whole execution chain has, from its first to its last. */
export async function historyLengths(client: Client, handle: WorkflowHandle): Promise<number[]> {
  return (await runsOf(client, handle)).map(({ historyLength }) => historyLength);
}

/** How many bytes. */
export async function historySizes(client: Client, handle: WorkflowHandle): Promise<number[]> {
  return (await runsOf(client, handle)).map(({ historySize = 0 }) => historySize);
}

async function runsOf(client: Client, handle: WorkflowHandle): Promise<WorkflowExecutionDescription[]> {
  const runs: WorkflowExecutionDescription[] = [];
  let runId = (await handle.describe()).raw.workflowExecutionInfo?.firstRunId ?? undefined;
  while (runId) {
    runs.push(await client.workflow.getHandle(handle.workflowId, runId).describe());
    // The last event alone: a whole history may be larger than one answer can be.
    const { history } = await client.workflowService.getWorkflowExecutionHistory({
      namespace: client.options.namespace,
      execution: { workflowId: handle.workflowId, runId },
      historyEventFilterType: temporal.api.enums.v1.HistoryEventFilterType.HISTORY_EVENT_FILTER_TYPE_CLOSE_EVENT,
    });
    const last = history?.events?.at(-1);
    runId = last?.workflowExecutionContinuedAsNewEventAttributes?.newExecutionRunId ?? undefined;
  }
  return runs;
}
