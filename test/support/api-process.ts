import { inject } from 'vitest';
import { startMain, type MainProcess } from './main-process.ts';

export interface ApiProcess extends MainProcess {
  /** Where it listens, without a slash at the end. */
  readonly url: string;
}

export interface ApiProcessSettings {
  readonly taskQueue: string;
  /** The test run's own storage account unless given; empty for none. */
  readonly connectionString?: string;
  /** Any free one unless given. */
  readonly port?: number;
}

/** `npm run api` as a process of its own. Resolves once it listens. */
export async function startApiProcess({
  taskQueue,
  connectionString = inject('connectionString'),
  port = 0,
}: ApiProcessSettings): Promise<ApiProcess> {
  const api = await startMain('api', 'API is listening', {
    TEMPORAL_ADDRESS: inject('temporalAddress'),
    AZURE_STORAGE_CONNECTION_STRING: connectionString,
    TASK_QUEUE: taskQueue,
    PORT: String(port),
  });
  const { url } = JSON.parse(api.ready) as { url: string };
  return { ...api, url };
}
