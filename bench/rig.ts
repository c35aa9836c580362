import { randomUUID } from 'node:crypto';
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
import type { Closing } from './closing.ts';
import { openScratch } from './scratch.ts';
import { openTemporal } from './servers.ts';

export interface Rig {
  /** Of Temporal. */
  readonly address: string;
  readonly client: Client;
  readonly taskQueue: string;
}

/**
 * An embedded Temporal server, its database on disk, and in this process a worker for order batches with these activities. Closing it
 * waits for the activities that are under way.
 */
export async function openRig(closing: Closing, activities: OrderActivities): Promise<Rig> {
  const directory = await openScratch(closing);
  const quiet = new DefaultLogger('ERROR');
  const filter = makeTelemetryFilterString({ core: 'ERROR' });
  Runtime.install({ logger: quiet, telemetryOptions: { logging: { filter, forward: {} } }, shutdownSignals: [] });
  const address = await openTemporal(closing, directory);
  const connecting = () => NativeConnection.connect({ address, grpcCompression: { codec: 'none' } });
  const connection = await closing.open(connecting, (opened) => opened.close());
  const clientConnection = await closing.open(
    () => Connection.connect({ address }),
    (opened) => opened.close(),
  );
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
  closing.add(() => {
    worker.shutdown();
    return ended;
  });
  return {
    address,
    client: new Client({ connection: clientConnection }),
    taskQueue,
  };
}
