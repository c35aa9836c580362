import { startMainProcess } from './main-process.ts';

export interface ApiProcess {
  readonly url: string;
  stop(): Promise<void>;
}

/** The HTTP API in a process of its own on a free port, without limits. */
export async function startApiProcess(env: NodeJS.ProcessEnv): Promise<ApiProcess> {
  const open = { PORT: '0', HTTP_RATE_LIMIT: '0', HTTP_START_RATE_LIMIT: '0' };
  const { ready, stop } = await startMainProcess('api.ts', /"url":"([^"]+)"/u, { ...open, ...env });
  return { url: ready[1] ?? '', stop };
}
