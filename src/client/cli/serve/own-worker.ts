import { createWorker, type WorkerDependencies } from '../../../worker.ts';
import type { Config } from '../../../config.ts';
import type { BlobStore } from '../../../storage/blob-store.ts';
import { connectWorker, type TemporalTarget } from '../open/temporal.ts';

export interface OwnWorker {
  /** Rejects when the worker dies of an error; resolves when it was stopped. */
  readonly ended: Promise<void>;
  /** Lets the activities under way end or be given back, then stops. */
  stop(): Promise<void>;
}

/** Runs a worker inside this process, beside whatever else it does. */
export async function startOwnWorker(
  config: Config,
  target: TemporalTarget,
  store: BlobStore,
  parts: Pick<WorkerDependencies, 'dataConverter' | 'inventory' | 'extraRoots' | 'metrics'> = {},
): Promise<OwnWorker> {
  const connection = await connectWorker(target);
  try {
    const worker = await createWorker({ config, connection, namespace: target.namespace, store, ...parts });
    const ended = worker.run();
    const settled = ended.catch(() => undefined);
    return {
      ended,
      stop: async () => {
        worker.shutdown();
        await settled;
        await connection.close();
      },
    };
  } catch (error) {
    await connection.close();
    throw error;
  }
}
