import type { Logger } from 'pino';
import { createWorker } from '../worker.ts';
import type { Config } from '../config.ts';
import type { BlobStore } from '../storage/blob-store.ts';
import { connectWorker, type TemporalTarget } from './temporal.ts';

export interface OwnWorker {
  /** Lets the activities under way end or be given back, then stops. */
  stop(): Promise<void>;
}

/** Runs a worker inside this process, beside whatever else it does. */
export async function startOwnWorker(
  config: Config,
  target: TemporalTarget,
  store: BlobStore,
  log: Logger,
  extraRoots: readonly string[] = [],
): Promise<OwnWorker> {
  const connection = await connectWorker(target);
  const worker = await createWorker({ config, connection, namespace: target.namespace, store, extraRoots });
  const ended = worker.run().catch((error: unknown) => log.error({ err: error }, 'worker stopped by an error'));
  return {
    stop: async () => {
      if (worker.getState() === 'RUNNING') worker.shutdown();
      await ended;
      await connection.close();
    },
  };
}
