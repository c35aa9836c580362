import { randomUUID } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Client, Connection } from '@temporalio/client';
import {
  bundleWorkflowCode,
  DefaultLogger,
  makeTelemetryFilterString,
  NativeConnection,
  Runtime,
  Worker,
} from '@temporalio/worker';
import type { OrderActivities } from '../src/activities/orders/index.ts';
import { workerTuning } from '../src/worker.ts';
import { openTemporal } from './servers.ts';

export interface Rig {
  /** Of Temporal. */
  readonly address: string;
  readonly client: Client;
  readonly taskQueue: string;
  /** Waits for the activities that are under way. */
  readonly close: () => Promise<void>;
}

/** An embedded Temporal server, its database on disk, and in this process a worker for order batches with these activities. */
export async function openRig(activities: OrderActivities): Promise<Rig> {
  const directory = await mkdtemp(join(tmpdir(), 'durable-backup-bench-'));
  const quiet = new DefaultLogger('ERROR');
  const filter = makeTelemetryFilterString({ core: 'ERROR' });
  Runtime.install({ logger: quiet, telemetryOptions: { logging: { filter, forward: {} } }, shutdownSignals: [] });
  const stack = await openTemporal(directory);
  const address = stack.temporalAddress ?? '';
  const connection = await NativeConnection.connect({ address, grpcCompression: { codec: 'none' } });
  const clientConnection = await Connection.connect({ address });
  const taskQueue = randomUUID();
  const workflowsPath = fileURLToPath(new URL('workflows.ts', import.meta.url));
  const worker = await Worker.create({
    connection,
    taskQueue,
    workflowBundle: await bundleWorkflowCode({ workflowsPath, logger: quiet }),
    activities,
    ...workerTuning({ maxActivities: 200, maxWorkflowTasks: 20, maxCachedWorkflows: 100 }),
  });
  const ended = worker.run();
  return {
    address,
    client: new Client({ connection: clientConnection }),
    taskQueue,
    close: async () => {
      worker.shutdown();
      await ended;
      await connection.close();
      await clientConnection.close();
      await stack.close();
      await rm(directory, { recursive: true, force: true });
    },
  };
}
