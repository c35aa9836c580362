import type { Closing } from './closing.ts';
import { startProcess, type OwnProcess } from './own-process.ts';

/** An HTTP API in a process of its own on a free port, without limits on how often it is asked, and its URL. */
export async function startApiProcess(
  closing: Closing,
  env: NodeJS.ProcessEnv,
): Promise<{ readonly url: string; readonly process: OwnProcess }> {
  const open = { PORT: '0', HTTP_RATE_LIMIT: '0', HTTP_START_RATE_LIMIT: '0' };
  const program = { entry: new URL('../src/main.ts', import.meta.url), args: ['api'], env: { ...open, ...env } };
  const process = await startProcess(closing, program, /"url":"([^"]+)"/u);
  return { url: process.ready[1] ?? '', process };
}
