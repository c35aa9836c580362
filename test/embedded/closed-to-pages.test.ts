import { once } from 'node:events';
import { createServer as createHttpServer, request } from 'node:http';
import { createServer, type AddressInfo } from 'node:net';

import { expect, onTestFinished, test } from 'vitest';

import { serveWebUi } from '../../src/embedded/web-ui.ts';
import { listeningAddresses } from '../support/listening-ports.ts';
import { openStack, pidOf, workflowsOf } from './web-stack.ts';

interface Asked {
  readonly host: string;
  readonly port: number;
  readonly method?: string;
  readonly path: string;
  readonly headers?: Record<string, string>;
  readonly body?: string;
}

/** What came back, or an empty status where the other side speaks no such HTTP. Unlike `fetch`, it goes to any port, under any name. */
function ask({ body, ...asked }: Asked): Promise<{ status: number | ''; headers: object; text: string }> {
  return new Promise((resolve) => {
    const sent = request({ ...asked, agent: false }, (answer) => {
      let text = '';
      answer.setEncoding('utf8');
      answer.on('data', (chunk: string) => (text += chunk));
      answer.on('end', () => resolve({ status: answer.statusCode ?? '', headers: answer.headers, text }));
    });
    sent.on('error', () => resolve({ status: '', headers: {}, text: '' }));
    sent.end(body);
  });
}

const start = JSON.stringify({ workflowType: { name: 'backup' }, taskQueue: { name: 'durable-backup' } });
const startPath = '/api/v1/namespaces/default/workflows/';

test("no request of a page, whatever its origin, host and type, starts anything at any port of Temporal's server", async () => {
  const { stack, dataDir } = await openStack();
  const addresses = await listeningAddresses(await pidOf(dataDir, 'temporal'));
  const foreign = { Origin: 'http://evil.example' };
  let told = 0;
  for (const { host, port } of addresses) {
    const own = `${host}:${port}`;
    for (const [n, headers] of [
      foreign,
      { ...foreign, Host: `evil.example:${port}` },
      { Host: `evil.example:${port}`, Origin: `http://evil.example:${port}` },
      { Host: `localhost:${port}`, Origin: `http://localhost:${port}` },
      { Host: own },
      { Host: '' },
    ].entries()) {
      for (const type of ['text/plain', 'application/json']) {
        const path = `${startPath}${port}-${n}-${type === 'text/plain' ? 'plain' : 'json'}`;
        const { status } = await ask({
          host,
          port,
          method: 'POST',
          path,
          headers: { ...headers, 'Content-Type': type },
          body: start,
        });
        expect([own, headers, status === '' || status >= 400]).toEqual([own, headers, true]);
        if (status === 403) told += 1;
      }
    }
  }
  expect(await workflowsOf(stack)).toEqual([]);
  // The HTTP API was among them.
  expect(told).toBe(12);
});

test("Temporal's own Web UI, which answers under any name, is where no browser goes", async () => {
  const { stack, dataDir } = await openStack();
  const { host = '', port = 0 } = stack.webUi ?? {};
  expect(await listeningAddresses(await pidOf(dataDir, 'temporal'))).toContainEqual({ host, port });
  expect((await ask({ host, port, path: '/', headers: { Host: 'evil.example' } })).status).toBe(200);
  // Node's `fetch` keeps to the standard's list of ports, as browsers do.
  await expect(fetch(`http://${host}:${port}/`)).rejects.toMatchObject({ cause: { message: 'bad port' } });
});

test('what is shown of the Web UI is all of it, and for the people of this machine alone', async () => {
  const { stack } = await openStack();
  const ui = await serveWebUi(stack.webUi ?? { host: '', port: 0 }, 0);
  onTestFinished(ui.close);
  const { hostname: host, port: text } = new URL(ui.url);
  const port = Number(text);
  const asks = (path: string, headers: Record<string, string> = {}, method = 'GET', body = '') =>
    ask({ host, port, method, path, headers: { 'Content-Length': String(body.length), ...headers }, body });

  const page = await asks('/');
  expect(page).toMatchObject({ status: 200, headers: { 'x-frame-options': 'DENY' } });
  expect(page.text).toContain('<html');
  const cookie = /_csrf=\w+/u.exec(JSON.stringify(page.headers))?.[0] ?? '';
  const forged = { Cookie: cookie, 'X-CSRF-TOKEN': cookie.replace('_csrf=', ''), 'Content-Type': 'application/json' };
  const foreignPages: Record<string, string>[] = [
    { Host: `evil.example:${port}` },
    { Host: `evil.example:${port}`, Origin: `http://evil.example:${port}`, 'Sec-Fetch-Site': 'same-origin' },
    { Host: '127.0.0.1:1' },
    { Origin: 'http://evil.example' },
    { Origin: 'null' },
    { Origin: 'http://127.0.0.1:1', 'Sec-Fetch-Site': 'same-site' },
    { 'Sec-Fetch-Site': 'cross-site', 'Sec-Fetch-Mode': 'no-cors', 'Sec-Fetch-Dest': 'image' },
    { 'Sec-Fetch-Site': 'cross-site', 'Sec-Fetch-Mode': 'navigate', 'Sec-Fetch-Dest': 'iframe' },
  ];
  for (const [n, headers] of foreignPages.entries()) {
    expect([headers, (await asks('/api/v1/namespaces', headers)).status]).toEqual([headers, 403]);
    const posted = await asks(`${startPath}foreign-${n}`, { ...forged, ...headers }, 'POST', start);
    expect([headers, posted.status]).toEqual([headers, 403]);
  }
  // Without the page's token nothing is changed either; with it the Web UI does what it is for.
  expect((await asks(`${startPath}no-token`, { 'Content-Type': 'text/plain' }, 'POST', start)).status).toBe(400);
  const link = { 'Sec-Fetch-Site': 'cross-site', 'Sec-Fetch-Mode': 'navigate', 'Sec-Fetch-Dest': 'document' };
  expect((await asks('/namespaces/default/workflows', link)).status).toBe(200);
  expect((await asks(`${startPath}linked`, { ...forged, ...link }, 'POST', start)).status).toBe(403);
  const own = { ...forged, Origin: ui.url, 'Sec-Fetch-Site': 'same-origin' };
  expect((await asks(`${startPath}own`, own, 'POST', start)).status).toBe(200);
  expect(await workflowsOf(stack)).toEqual(['own']);
});

test('a request to the Web UI that names two hosts, or a whole address, is refused', async () => {
  const ui = await serveWebUi({ host: '127.0.0.1', port: 1 }, 0);
  onTestFinished(ui.close);
  const { hostname: host, host: own, port } = new URL(ui.url);
  const at = { host, port: Number(port) };
  expect((await ask({ ...at, path: `http://evil.example/`, headers: { Host: own } })).status).toBe(400);
  const twice = ['Host', own, 'Host', 'evil.example'] as unknown as Record<string, string>;
  expect((await ask({ ...at, path: '/', headers: twice })).status).toBe(400);
  // There is no Web UI behind this one.
  expect(await ask({ ...at, path: '/' })).toMatchObject({
    status: 502,
    text: "Temporal's Web UI does not answer.\n",
  });
});

test('what is in the body of a request to the Web UI is no request of its own', async () => {
  const seen: string[] = [];
  const webUi = createHttpServer((request, response) => {
    seen.push(`${request.method} ${request.url}`);
    request.resume().on('end', () => response.end());
  });
  webUi.listen(0, '127.0.0.1');
  onTestFinished(() => void webUi.close());
  await once(webUi, 'listening');
  const ui = await serveWebUi({ host: '127.0.0.1', port: (webUi.address() as AddressInfo).port }, 0);
  onTestFinished(ui.close);
  const port = Number(new URL(ui.url).port);
  const body = 'POST /inner HTTP/1.1\r\nHost: a\r\nContent-Length: 0\r\n\r\n';
  const headers = { 'Transfer-Encoding': 'chunked' };
  for (const method of ['DELETE', 'GET', 'POST']) {
    expect((await ask({ host: '127.0.0.1', port, method, path: '/outer', headers, body })).status).toBe(200);
  }
  expect(seen).toEqual(['DELETE /outer', 'GET /outer', 'POST /outer']);
});

test('Azurite gives a page nothing, whatever its origin, host and type', async () => {
  const { dataDir } = await openStack();
  const addresses = await listeningAddresses(await pidOf(dataDir, 'azurite'));
  expect(addresses).toHaveLength(1);
  for (const { host, port } of addresses) {
    for (const headers of [
      { Origin: 'http://evil.example' },
      { Host: `evil.example:${port}`, Origin: `http://evil.example:${port}` },
      { Host: `${host}:${port}` },
    ]) {
      for (const [method, path] of [
        ['GET', '/devstoreaccount1?comp=list'],
        ['GET', '/devstoreaccount1/backups?restype=container&comp=list'],
        ['PUT', '/devstoreaccount1/made-by-a-page?restype=container'],
        ['POST', '/devstoreaccount1?comp=batch'],
        ['OPTIONS', '/devstoreaccount1/backups'],
      ] as const) {
        const answer = await ask({ host, port, method, path, headers: { ...headers, 'Content-Type': 'text/plain' } });
        expect([method, path, headers, Number(answer.status) >= 400]).toEqual([method, path, headers, true]);
        expect(answer.headers).not.toHaveProperty('access-control-allow-origin');
      }
    }
  }
});

test('a taken port of the Web UI is an error that names its holder and EMBEDDED_UI_PORT', async () => {
  const squatter = createServer().listen(0, '127.0.0.1');
  onTestFinished(() => void squatter.close());
  await once(squatter, 'listening');
  const { port } = squatter.address() as AddressInfo;
  await expect(serveWebUi({ host: '127.0.0.1', port: 1 }, port)).rejects.toMatchObject({
    type: 'StackUnavailable',
    message: expect.stringMatching(
      new RegExp(`^Port ${port} .* held by process ${process.pid} .* set EMBEDDED_UI_PORT `, 'u'),
    ) as string,
  });
});
