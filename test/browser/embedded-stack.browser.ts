import { createServer, type AddressInfo } from 'node:net';
import { once } from 'node:events';
import { expect, onTestFinished, test } from 'vitest';
import { serveWebUi } from '../../src/embedded/web-ui.ts';
import { openStack, pidOf, workflowsOf } from '../embedded/web-stack.ts';
import { listeningAddresses } from '../support/listening-ports.ts';
import { visit } from './visit.ts';

/** A page of another origin, on this machine too, which is as near as one can get. */
async function foreignPage(): Promise<string> {
  const page = '<!doctype html><title>elsewhere</title>';
  const server = createServer((socket) => {
    socket.on('error', () => {});
    socket.once('data', () =>
      socket.end(
        `HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nContent-Length: ${page.length}\r\nConnection: close\r\n\r\n${page}`,
      ),
    );
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  onTestFinished(() => void server.close());
  return `http://localhost:${(server.address() as AddressInfo).port}/`;
}

test('a page of another origin starts nothing at any port of the embedded servers, and sees nothing of the Web UI', async () => {
  const { stack, dataDir } = await openStack();
  const ui = await serveWebUi(stack.webUi ?? { host: '', port: 0 }, 0);
  onTestFinished(ui.close);
  const servers = await Promise.all(
    ['temporal', 'azurite'].map(async (key) => listeningAddresses(await pidOf(dataDir, key))),
  );
  const origins = [...servers.flat().map(({ host, port }) => `http://${host}:${port}`), new URL(ui.url).origin];
  expect(origins.length).toBeGreaterThan(4);

  const { page } = await visit(await foreignPage());
  const start = JSON.stringify({ workflowType: { name: 'backup' }, taskQueue: { name: 'durable-backup' } });
  for (const origin of origins) {
    const path = `${origin}/api/v1/namespaces/default/workflows/by-a-page`;
    // What needs no leave of the server: a form's type, and an answer that the page may not read.
    const sent = { method: 'POST', mode: 'no-cors', headers: { 'Content-Type': 'text/plain' }, body: start };
    await page.evaluate(`fetch(${JSON.stringify(path)}, ${JSON.stringify(sent)}).catch(() => {})`);
    const read = await page.evaluate(
      `fetch(${JSON.stringify(`${origin}/api/v1/namespaces`)}).then((answer) => answer.text(), () => 'nothing')`,
    );
    expect([origin, read]).toEqual([origin, 'nothing']);
  }
  expect(await workflowsOf(stack)).toEqual([]);

  // The raw Web UI answers under any name, so no browser may go to its port.
  const raw = `http://${stack.webUi?.host}:${stack.webUi?.port}/`;
  await expect(page.goto(raw)).rejects.toThrow('ERR_UNSAFE_PORT');
  // For people it is there.
  const own = await visit(ui.url);
  await expect.poll(() => own.page.title()).toContain('Workflows');
});
