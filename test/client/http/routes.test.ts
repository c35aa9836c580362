import { once } from 'node:events';
import { createServer, connect, type AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';
import { beforeEach, expect, test } from 'vitest';
import { locationOf, postJson, startApi, startPath, type Api } from './harness.ts';

let api: Api;
beforeEach(async () => {
  api = await startApi();
});

async function expectEmpty404(response: Response): Promise<void> {
  expect(response.status).toBe(404);
  expect(response.headers.get('content-type')).toBeNull();
  expect(await response.text()).toBe('');
}

const instances = '/runtime/webhooks/durabletask/instances';

test.each([
  ['GET', startPath],
  ['PUT', startPath],
  ['DELETE', startPath],
  ['OPTIONS', startPath],
  ['POST', '/orchestrators'],
  ['POST', '/orchestrators/'],
  ['POST', '/api/orchestrators/E2_BackupSiteContent'],
  ['POST', `${instances}/abc`],
  ['OPTIONS', `${instances}/abc`],
  ['GET', `${instances}/abc/history`],
  ['GET', '/runtime/webhooks/durabletask'],
])('%s %s is an empty 404', async (method, path) => {
  await expectEmpty404(await fetch(`${api.url}${path}`, { method }));
});

test.each(['unknown', 'a%20b', 'a%2Fb', '%00', '..%2f..', 'x'.repeat(300), 'x'.repeat(2000), '%F0%9F%98%80'])(
  'an instance named %s that does not exist is an empty 404',
  async (id) => {
    await expectEmpty404(await fetch(`${api.url}${instances}/${id}`));
  },
);

test('segments and the name of the orchestrator match without case, and a slash may follow', async () => {
  const path = '/Runtime/WebHooks/DurableTask/Orchestrators/e2_backupSITEcontent/';
  const started = await postJson(`${api.url}${path}`, JSON.stringify(api.root));
  expect(started.status).toBe(202);
  const { id } = (await started.json()) as { id: string };
  for (const way of [`/runtime/webhooks/durableTask/Instances/${id}`, `${instances}/${id}/`]) {
    const response = await fetch(`${api.url}${way}`);
    expect(response.status).toBe(202);
    expect(await response.json()).toMatchObject({ name: 'E2_BackupSiteContent', instanceId: id });
  }
});

test.each([`${instances}/%ZZ`, '/orchestrators/%E0%A4%A'])('malformed escapes in %s are a 400', async (path) => {
  const method = path.startsWith(instances) ? 'GET' : 'POST';
  const response = await fetch(`${api.url}${path}`, { method });
  expect(response.status).toBe(400);
  expect(await response.json()).toMatchObject({ status: 400, Message: expect.any(String) });
});

test('HEAD of a status has its headers and no body', async () => {
  const started = await postJson(`${api.url}${startPath}`, JSON.stringify(api.root));
  const response = await fetch(locationOf(started), { method: 'HEAD' });
  expect(response.status).toBe(202);
  expect(response.headers.get('retry-after')).toBe('5');
  expect(await response.text()).toBe('');
});

test('a caller without a Host header gets the address that it reached', async () => {
  const { hostname, port, host } = new URL(api.url);
  const socket = connect(Number(port), hostname);
  const body = JSON.stringify(api.root);
  socket.write(
    `POST ${startPath} HTTP/1.0\r\nContent-Type: application/json\r\nContent-Length: ${body.length}\r\n\r\n${body}`,
  );
  expect(await text(socket)).toContain(`\r\nLocation: http://${host}/runtime/`);
});

test('when Temporal is away the answer is a 503 that names its address, within ten seconds', async () => {
  const silent = createServer().listen(0, '127.0.0.1');
  await once(silent, 'listening');
  const address = `127.0.0.1:${(silent.address() as AddressInfo).port}`;
  const stranded = await startApi({ address });
  const signal = AbortSignal.timeout(10_000);
  const answers = await Promise.all([
    fetch(`${stranded.url}${startPath}`, { method: 'POST', signal }),
    fetch(`${stranded.url}${instances}/abc`, { signal }),
  ]);
  silent.close();
  for (const answer of answers) {
    expect(answer.status).toBe(503);
    const problem = (await answer.json()) as { Message: string };
    expect(problem).toMatchObject({ status: 503, title: 'Service Unavailable' });
    expect(problem.Message).toContain(address);
  }
});
