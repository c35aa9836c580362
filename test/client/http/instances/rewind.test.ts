import { join } from 'node:path';
import { expect, inject, onTestFinished, test } from 'vitest';
import { managementUrisSchema } from '../../../../src/client/http/answers.ts';
import { createBlobProxy } from '../../../support/blob-proxy.ts';
import { writeTree } from '../../../support/tree.ts';
import { countedJobs } from '../../jobs/counted-jobs.ts';
import { instancesPath, locationOf, postJson, startApi, startPath, startWorker, untilEnded } from '../harness.ts';
import { filled, postBatch, send, startOrderApi, urisOf } from '../order-rig.ts';

test('a restart starts the same under a new id', async () => {
  const { url } = await startOrderApi();
  const items = [{ sku: 'A', quantity: 2 }];
  const uris = await urisOf(await postBatch(url, items));
  await untilEnded(uris.statusQueryGetUri);
  const response = await send(uris.restartPostUri);
  expect(response.status).toBe(202);
  expect(response.headers.get('retry-after')).toBe('10');
  const again = managementUrisSchema.parse(await response.json());
  expect(locationOf(response)).toBe(again.statusQueryGetUri);
  expect(again.id).not.toBe(uris.id);
  const { body } = await untilEnded(again.statusQueryGetUri);
  expect(body).toMatchObject({ name: 'processBatch', input: items, output: { processed: 1, total: 19.98 } });
  expect((await fetch(uris.statusQueryGetUri)).status).toBe(200);
});

test('a restart may keep its id when the instance has ended', async () => {
  const { url } = await startApi();
  const uris = await urisOf(await postJson(`${url}${startPath}`, ''));
  const keep = `${uris.restartPostUri}&RestartWithNewInstanceId=false`;
  const refused = await send(keep);
  expect(refused.status).toBe(409);
  expect(await refused.json()).toMatchObject({
    Message: 'A non-terminal instance with this instance ID already exists.',
  });
  await send(filled(uris.terminatePostUri, 'x'));
  const response = await send(keep);
  expect(response.status).toBe(202);
  expect(await response.json()).toMatchObject({ id: uris.id });
  expect(await (await fetch(uris.statusQueryGetUri)).json()).toMatchObject({ runtimeStatus: 'Pending', input: null });
});

test('a restart may be waited for', async () => {
  const { url } = await startOrderApi();
  const uris = await urisOf(await postBatch(url, []));
  await untilEnded(uris.statusQueryGetUri);
  const response = await send(`${uris.restartPostUri}&timeout=60&pollingInterval=1`);
  expect(response.status).toBe(200);
  expect(await response.json()).toEqual({ processed: 0, reserved: 0, total: 0 });
  expect((await send(`${uris.restartPostUri}&timeout=1&pollingInterval=2`)).status).toBe(400);
});

test('a restart of an unknown instance is a 400', async () => {
  const { url } = await startApi();
  const response = await send(`${url}${instancesPath}/nobody/restart`);
  expect(response.status).toBe(400);
  expect(await response.json()).toMatchObject({
    Message: 'InstanceId does not match a valid orchestration instance.',
  });
});

test('only what has failed can be rewound', async () => {
  const { url } = await startApi();
  const uris = await urisOf(await postBatch(url, []));
  const refused = await send(filled(uris.rewindPostUri, 'x'));
  expect(refused.status).toBe(412);
  expect(await refused.json()).toMatchObject({ Message: expect.stringContaining('has status Pending') });
  await send(filled(uris.terminatePostUri, 'x'));
  expect((await send(filled(uris.rewindPostUri, 'x'))).status).toBe(412);
  const unknown = await send(`${url}${instancesPath}/nobody/rewind`);
  expect(unknown.status).toBe(404);
  expect(await unknown.json()).toMatchObject({
    Message: 'No orchestration with instance ID "nobody" found.',
  });
});

test('a backup that failed before it began runs again under its id', async () => {
  const api = await startApi();
  await startWorker(api);
  const site = join(api.root, 'site');
  const uris = await urisOf(await postJson(`${api.url}${startPath}`, JSON.stringify(site)));
  expect((await untilEnded(uris.statusQueryGetUri)).body.runtimeStatus).toBe('Failed');
  await writeTree(site, { 'late.txt': 7 });
  expect((await send(filled(uris.rewindPostUri, 'it is there now'))).status).toBe(202);
  expect((await untilEnded(uris.statusQueryGetUri)).body).toMatchObject({
    instanceId: uris.id,
    runtimeStatus: 'Completed',
    input: site,
    output: 7,
  });
});

test('a backup of which files failed copies exactly those when it is rewound', async () => {
  const proxy = await createBlobProxy({ target: inject('connectionString') });
  onTestFinished(() => proxy.close());
  const api = await startApi({ connectionString: proxy.connectionString });
  await startWorker(api);
  const root = join(api.root, 'site');
  await writeTree(root, { 'a.txt': 10, 'b.txt': 20, 'c.txt': 30 });
  const mend = proxy.rule(({ method, path }) =>
    method === 'PUT' && path.endsWith('/b.txt') ? { status: 403, code: 'AuthorizationFailure' } : undefined,
  );
  const body = JSON.stringify({ root, options: { copyAttempts: 1 } });
  const uris = await urisOf(await postJson(`${api.url}/orchestrators/backup`, body));
  expect((await untilEnded(uris.statusQueryGetUri)).body).toMatchObject({
    runtimeStatus: 'Failed',
    customStatus: { failures: [{ path: 'b.txt', outcome: 'failed' }] },
  });
  mend();
  const before = proxy.requests.length;
  expect((await send(filled(uris.rewindPostUri, 'mended'))).status).toBe(202);
  expect((await untilEnded(uris.statusQueryGetUri)).body).toMatchObject({
    instanceId: uris.id,
    runtimeStatus: 'Completed',
    output: { files: 3, bytes: 60, complete: true },
  });
  const written = proxy.requests
    .slice(before)
    .filter(({ method, path }) => method === 'PUT' && path.endsWith('.txt'))
    .map(({ path }) => path.slice(-5));
  expect(written).toEqual(['b.txt']);
});

test('of two rewinds at once one begins', async () => {
  const { url } = await startOrderApi({ unknownSku: 'reject' });
  const uris = await urisOf(await postBatch(url, [{ sku: 'A', quantity: 1 }]));
  await untilEnded(uris.statusQueryGetUri);
  const answers = await Promise.all(Array.from({ length: 4 }, () => send(filled(uris.rewindPostUri, 'x'))));
  const codes = answers.map(({ status }) => status);
  expect(codes).toContain(202);
  expect(codes.filter((code) => ![202, 409, 412].includes(code))).toEqual([]);
});

test('an instance that is purged while it is looked at is unknown', async () => {
  const api = await startOrderApi({ unknownSku: 'reject' });
  const started = await postBatch(api.url, [{ sku: 'A', quantity: 3 }]);
  await untilEnded(locationOf(started));
  const { id } = (await started.json()) as { id: string };
  const { jobs, calls, goneFrom } = countedJobs(api.config.taskQueue);
  expect(await jobs.runtimeStatus(id)).toBe('Failed');
  // The first call finds it.
  goneFrom(2);
  for (const [ask, answer] of [
    [() => jobs.restart(id, { newId: true }), undefined],
    [() => jobs.rewind(id), 'unknown'],
    [() => jobs.history(id, { showInput: true, showOutput: true }), undefined],
  ] as const) {
    calls();
    expect(await ask()).toBe(answer);
    expect(calls()).toMatchObject({ DescribeWorkflowExecution: 1, GetWorkflowExecutionHistory: 1 });
  }
});
