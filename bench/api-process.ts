import type { Closing } from './closing.ts';
import { startProcess } from './own-process.ts';

/** The URL of an HTTP API in a process of its own on a free port, without limits. */
export async function startApiProcess(closing: Closing, env: NodeJS.ProcessEnv): Promise<string> {
  const open = { PORT: '0', HTTP_RATE_LIMIT: '0', HTTP_START_RATE_LIMIT: '0' };
  const program = { entry: new URL('../src/main/api.ts', import.meta.url), env: { ...open, ...env } };
  const { ready } = await startProcess(closing, program, /"url":"([^"]+)"/u);
  return ready[1] ?? '';
}
