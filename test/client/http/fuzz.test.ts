import { connect } from 'node:net';
import { text } from 'node:stream/consumers';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { instancesPath, postJson, startApi, startedWorkflows, startPath } from './harness.ts';
import { postBatch, urisOf } from './order-rig.ts';

const segment = fc
  .oneof(
    fc.string({ unit: 'binary', maxLength: 40 }),
    fc.string({ maxLength: 300 }),
    fc.constantFrom('.', '..', '@a', ' '),
  )
  .filter((name) => name.isWellFormed())
  .map(encodeURIComponent);
const operation = fc.constantFrom('terminate', 'suspend', 'resume', 'rewind', 'restart', 'raiseEvent/e', 'raiseEvent/');
const parameter = fc.constantFrom(
  'showInput',
  'showHistory',
  'showHistoryOutput',
  'returnInternalServerErrorOnFailure',
  'createdTimeFrom',
  'createdTimeTo',
  'runtimeStatus',
  'instanceIdPrefix',
  'top',
  'reason',
  'restartWithNewInstanceId',
  'code',
  'taskHub',
);
const value = fc.oneof(
  fc.string({ maxLength: 60 }),
  fc.string({ unit: 'binary', maxLength: 20 }).filter((name) => name.isWellFormed()),
  fc.constantFrom(
    'true',
    'false',
    '-1',
    '1e308',
    "'",
    '"',
    '\\',
    "' OR 1=1 --",
    '%',
    '0001-01-01',
    '9999-12-31',
    'Running,Failed',
  ),
  fc.date({ noInvalidDate: true }).map((date) => date.toISOString()),
);
const query = fc
  .array(fc.tuple(parameter, value), { maxLength: 5 })
  .map((pairs) => pairs.map(([name, text]) => `${name}=${encodeURIComponent(text)}`).join('&'));
const json = fc.oneof(
  fc.json(),
  fc.string(),
  fc
    .array(fc.record({ sku: fc.anything(), quantity: fc.anything() }), { maxLength: 5 })
    .map((items) => JSON.stringify(items)),
  fc.uint8Array({ maxLength: 50 }).map((bytes) => Buffer.from(bytes).toString('latin1')),
);
const type = fc.constantFrom('application/json', 'application/json; charset=latin1', 'text/plain', 'x', '');
const runs = { numRuns: 150 };

async function expectNo5xx(response: Response, what: string): Promise<void> {
  const body = await response.text();
  expect({ what, status: response.status, body }).toMatchObject({
    status: expect.toSatisfy((code: number) => code < 500),
  });
  expect(body).not.toMatch(/ {4}at |node_modules/u);
}

/** An answer to a start leads to the instance of that id. */
async function expectReadable(response: Response, id: string): Promise<void> {
  if (response.status !== 202) return;
  const uris = await urisOf(response);
  const status = await fetch(uris.statusQueryGetUri);
  expect([uris.id, status.status]).toEqual([id, 202]);
  await fetch(uris.terminatePostUri, { method: 'POST' });
}

test('no id, query or body makes a request about an instance fail within the server', async () => {
  const { url } = await startApi();
  const { id } = await urisOf(await postBatch(url, []));
  const known = fc.oneof(segment, fc.constant(id));
  const property = fc.asyncProperty(
    known,
    operation,
    query,
    json,
    type,
    async (name, what, asked, body, contentType) => {
      const at = `${url}${instancesPath}/${name}`;
      await expectNo5xx(await fetch(`${at}?${asked}`), `GET ${at}?${asked}`);
      // Suspending what no worker serves takes its time.
      if (name === id && (what === 'suspend' || what === 'resume')) return;
      const headers = { 'Content-Type': contentType };
      const response = await fetch(`${at}/${what}?${asked}`, { method: 'POST', body, headers });
      await expectNo5xx(response, `POST ${at}/${what}?${asked} ${body}`);
      if (name !== id) await expectNo5xx(await fetch(`${at}?${asked}`, { method: 'DELETE' }), `DELETE ${at}`);
    },
  );
  await fc.assert(property, runs);
});

test('no query or token makes a list fail within the server, or deletes without a time', async () => {
  const { url } = await startApi();
  const token = fc.option(fc.oneof(fc.base64String({ maxLength: 40 }), fc.constantFrom('e30', 'bnVsbA', 'W10')));
  const property = fc.asyncProperty(query, token, async (asked, given) => {
    const headers = { ...(given !== null && { 'x-ms-continuation-token': given }) };
    await expectNo5xx(await fetch(`${url}${instancesPath}?${asked}`, { headers }), `${asked} ${given}`);
    const purged = await fetch(`${url}${instancesPath}?${asked}`, { method: 'DELETE' });
    await expectNo5xx(purged, `DELETE ${asked}`);
    expect(asked.includes('createdTimeFrom') || purged.status === 400).toBe(true);
  });
  await fc.assert(property, runs);
});

test('no body starts anything but what it says', async () => {
  const api = await startApi();
  const name = fc.constantFrom('E2_BackupSiteContent', 'backup', 'processBatch', 'ProcessBatchOrchestrator', 'nothing');
  let accepted = 0;
  const property = fc.asyncProperty(name, json, type, async (orchestrator, body, contentType) => {
    const headers = { 'Content-Type': contentType };
    const response = await fetch(`${api.url}/orchestrators/${orchestrator}`, { method: 'POST', body, headers });
    if (response.status === 202) accepted += 1;
    await expectNo5xx(response, `${orchestrator} ${body}`);
  });
  await fc.assert(property, runs);
  expect(await startedWorkflows(api)).toBe(accepted);
});

test('ids of any kind start an instance that can be read, or are refused', async () => {
  const { url } = await startApi();
  const names = segment.filter((name) => !['', '.', '..'].includes(name));
  const property = fc.asyncProperty(names, async (id) => {
    const response = await postJson(`${url}${startPath}/${id}`, '');
    expect([202, 400, 409]).toContain(response.status);
    await expectReadable(response, decodeURIComponent(id));
  });
  await fc.assert(property, { numRuns: 60 });
});

test('a target that no client would send is answered all the same', async () => {
  const { url } = await startApi();
  const { hostname, port, host } = new URL(url);
  for (const target of [
    `${instancesPath}/a b`,
    `${instancesPath}/%`,
    '//',
    '/?',
    `${instancesPath}?runtimeStatus=%zz`,
  ]) {
    const socket = connect(Number(port), hostname);
    socket.write(`GET ${target} HTTP/1.1\r\nHost: ${host}\r\nConnection: close\r\n\r\n`);
    expect(await text(socket)).toMatch(/^HTTP\/1\.1 [234]/u);
  }
});
