import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';

export interface DevServer {
  readonly url: string;
  stop(): Promise<void>;
}

const program = fileURLToPath(new URL('../../src/main.ts', import.meta.url));

/** `npm run dev` on free ports, with its data below `directory` and a small tree there, a source with a schedule, as all that may be backed up. */
export async function startDevServer(directory: string, apiKey: string): Promise<DevServer> {
  const tree = join(directory, 'tree');
  await mkdir(tree);
  await writeFile(join(tree, 'index.html'), '<h1>Hello</h1>');
  const sourcesFile = join(directory, 'durable-backup.yaml');
  // JSON is YAML.
  await writeFile(sourcesFile, JSON.stringify({ sources: { site: { root: tree, schedule: { cron: '0 2 * * *' } } } }));
  const child = spawn(process.execPath, [program, 'dev'], {
    // The directory of the worker, which is backed up when a start names none.
    cwd: tree,
    stdio: ['ignore', 'pipe', 'inherit'],
    env: {
      PATH: process.env['PATH'],
      HOME: process.env['HOME'],
      XDG_CACHE_HOME: process.env['XDG_CACHE_HOME'],
      DATA_DIR: join(directory, 'data'),
      BACKUP_ROOTS: tree,
      DURABLE_BACKUP_CONFIG: sourcesFile,
      API_KEY: apiKey,
      HTTP_RATE_LIMIT: '0',
      HTTP_START_RATE_LIMIT: '0',
      // What tests send for a machine to refuse is no news.
      LOG_LEVEL: 'error',
      PORT: '0',
      EMBEDDED_TEMPORAL_PORT: '0',
      EMBEDDED_UI_PORT: '0',
      EMBEDDED_BLOB_PORT: '0',
    },
  });
  const ended = once(child, 'close');
  const stop = async () => {
    child.kill();
    await ended;
  };
  for await (const line of createInterface(child.stdout)) {
    const url = /^HTTP API\s+(\S+)$/u.exec(line)?.[1];
    if (url !== undefined) return { url, stop };
  }
  throw new Error('The server ended before it listened; why stands above.');
}
