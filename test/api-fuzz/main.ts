import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { OpenApiFile } from '../support/openapi-file.ts';
import { startDevServer } from './dev-server.ts';
import { installSchemathesis } from './install.ts';
import { plainStarts } from './plain-starts.ts';

/** `npm run test:api [-- options of schemathesis run]`: sends what Schemathesis makes of the OpenAPI document to the server. */
const project = fileURLToPath(new URL('../..', import.meta.url));
const settings = fileURLToPath(new URL('schemathesis.toml', import.meta.url));
const apiKey = 'key-of-the-fuzzer';

const interrupted = new AbortController();
for (const signal of ['SIGINT', 'SIGTERM']) process.once(signal, () => interrupted.abort());

const program = await installSchemathesis(join(project, '.data'));
const directory = await mkdtemp(join(tmpdir(), 'durable-backup-api-'));
const server = await startDevServer(directory, apiKey);
try {
  const document = (await (await fetch(`${server.url}/openapi.json`)).json()) as OpenApiFile;
  const codes = [
    await schemathesis('openapi.json', document),
    await schemathesis('plain-starts.json', plainStarts(document), '--phases', 'coverage'),
  ];
  process.exitCode = codes.find((code) => code !== 0) ?? 0;
} finally {
  await server.stop();
  await rm(directory, { recursive: true, force: true });
}

async function schemathesis(name: string, document: OpenApiFile, ...options: string[]): Promise<number> {
  const file = join(directory, name);
  await writeFile(file, JSON.stringify(document));
  const args = ['--config-file', settings, 'run', '--url', server.url, ...options, ...process.argv.slice(2), file];
  const child = spawn(program, args, {
    stdio: 'inherit',
    cwd: directory,
    env: { ...process.env, API_KEY: apiKey },
    signal: interrupted.signal,
  });
  const [code] = (await once(child, 'close')) as [number | null];
  return code ?? 1;
}
