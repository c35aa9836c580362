import { randomUUID } from 'node:crypto';
import { createServer, type AddressInfo } from 'node:net';
import { once } from 'node:events';
import { expect, test } from 'vitest';
import { startEdgeApi } from '../client/http/server/edge-api.ts';
import { runCommand, servers, startCommand } from '../client/cli/command.ts';
import { sample, scrape } from './samples.ts';

const workerEnv = () => ({ ...servers(), BACKUP_CONTAINER: `metrics-${randomUUID()}`, TASK_QUEUE: randomUUID() });

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, 'close');
  return port;
}

test('the metrics of the API need its key, in the header or as ?code=, unless they are open', async () => {
  const keyed = await startEdgeApi({ API_KEY: 'the-master-key-1' });
  expect((await fetch(`${keyed.url}/metrics`)).status).toBe(401);
  expect((await fetch(`${keyed.url}/metrics?code=other`)).status).toBe(401);
  expect(await scrape(`${keyed.url}/metrics?code=the-master-key-1`)).toContain('process_cpu_seconds_total');
  expect(await scrape(`${keyed.url}/metrics`, { 'x-functions-key': 'the-master-key-1' })).toContain(
    'process_cpu_seconds_total',
  );
  const open = await startEdgeApi({ API_KEY: 'the-master-key-1', METRICS_OPEN: 'true' });
  const response = await fetch(`${open.url}/metrics`);
  expect(response.status).toBe(200);
  expect(response.headers.get('content-type')).toMatch(/^text\/plain; version=0\.0\.4/u);
  expect((await fetch(`${open.url}/api/backups`)).status).toBe(401);
  expect((await fetch(`${open.url}/metrics`, { method: 'POST' })).status).toBe(405);
});

test('when the storage account is away, the API says so and goes on with what else it counts', async () => {
  const gone = 'http://127.0.0.1:1/devstoreaccount1';
  const { url } = await startEdgeApi({
    AZURE_STORAGE_CONNECTION_STRING: `DefaultEndpointsProtocol=http;AccountName=devstoreaccount1;AccountKey=a2V5;BlobEndpoint=${gone};`,
  });
  expect((await fetch(`${url}/api/restores/none/ledger`)).status).toBe(404);
  const text = await scrape(`${url}/metrics`);
  expect(sample(text, 'durable_backup_history_readable')).toBe(0);
  const answers = { method: 'GET', status: '404' };
  expect(sample(text, 'durable_backup_http_request_duration_seconds_count', answers)).toBe(1);
});

test('a worker asks for the key as the API does, and each of several processes has a port of its own', async () => {
  const port = await freePort();
  const env = { ...workerEnv(), API_KEY: 'the-master-key-1', METRICS_PORT: String(port) };
  const command = startCommand(['worker', '--processes', '2'], { env });
  await command.until(/all worker processes are running/u);
  for (const own of [port, port + 1]) {
    const url = `http://127.0.0.1:${own}/metrics`;
    expect((await fetch(url)).status).toBe(401);
    expect(
      sample(await scrape(`${url}?code=the-master-key-1`), 'temporal_worker_task_slots_available'),
    ).toBeGreaterThan(0);
  }
  command.child.kill('SIGTERM');
  expect(await command.ended).toMatchObject({ code: 0 });
});

test.each([
  { settings: { METRICS_HOST: '0.0.0.0' }, says: /METRICS_HOST: 0\.0\.0\.0 is reachable.*METRICS_OPEN=true/u },
  { settings: { TRACE_FILE: '/nowhere/trace' }, says: /TRACE_FILE: \/nowhere\/trace cannot be written \(ENOENT\)/u },
])('a worker with $settings does not start, and says why', async ({ settings, says }) => {
  const env = { ...workerEnv(), METRICS_PORT: '0', ...settings };
  const { code, stderr } = await runCommand(['worker'], { env });
  expect(stderr).toMatch(says);
  expect(code).toBe(1);
});

test('a worker whose port for metrics is taken says which variable to set', async () => {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  const { code, stderr } = await runCommand(['worker'], { env: { ...workerEnv(), METRICS_PORT: String(port) } });
  server.close();
  expect(stderr).toContain(`Cannot listen on 127.0.0.1:${port} (EADDRINUSE): set METRICS_PORT to a free one`);
  expect(code).toBe(1);
});
