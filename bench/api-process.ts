import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';

export interface ApiProcess {
  readonly url: string;
  stop(): Promise<void>;
}

const entry = fileURLToPath(new URL('../src/main/api.ts', import.meta.url));

/** The HTTP API in a process of its own on a free port, without limits. `nodeOptions` are for profilers. */
export async function startApiProcess(
  env: NodeJS.ProcessEnv,
  nodeOptions: readonly string[] = [],
): Promise<ApiProcess> {
  const child = spawn(process.execPath, [...nodeOptions, entry], {
    stdio: ['ignore', 'ignore', 'pipe'],
    env: { PORT: '0', HTTP_RATE_LIMIT: '0', HTTP_START_RATE_LIMIT: '0', ...env },
  });
  const ended = once(child, 'close');
  const lines = createInterface(child.stderr);
  const seen: string[] = [];
  const url = await new Promise<string>((resolve, reject) => {
    lines.on('line', (line) => {
      seen.push(line);
      const found = /"url":"([^"]+)"/u.exec(line)?.[1];
      if (found !== undefined) resolve(found);
    });
    lines.on('close', () => reject(new Error(`The API did not start: ${seen.join('\n')}`)));
  });
  return {
    url,
    stop: async () => {
      child.kill();
      await ended;
    },
  };
}
