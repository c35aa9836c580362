import { randomUUID } from 'node:crypto';
import { Client } from '@temporalio/client';
import { expect, onTestFinished, test } from 'vitest';
import { createDataConverter } from '../../../../src/storage/large-messages/data-converter.ts';
import { kilobyte, largeText, newContainer } from '../../../storage/large-messages/rig.ts';
import { instancesPath, postJson, startApi, type Api } from '../harness.ts';
import { filled, postBatch, send, urisOf } from '../order-rig.ts';

async function ended(api: Api) {
  const uris = await urisOf(await postBatch(api.url, []));
  await send(filled(uris.terminatePostUri, 'x'));
  return uris;
}

async function listed(api: Api, count: number): Promise<void> {
  const list = async () => (await (await fetch(`${api.url}${instancesPath}?runtimeStatus=Terminated`)).json()) as [];
  await expect.poll(list).toHaveLength(count);
}

function purge(api: Api, query: string): Promise<Response> {
  return fetch(`${api.url}${instancesPath}?${query}`, { method: 'DELETE' });
}

test('a purge forgets an instance that has ended, at once and for good', async () => {
  const api = await startApi();
  const uris = await ended(api);
  const response = await send(uris.purgeHistoryDeleteUri, 'DELETE');
  expect(response.status).toBe(200);
  expect(await response.json()).toEqual({ instancesDeleted: 1 });
  expect((await fetch(uris.statusQueryGetUri)).status).toBe(404);
  const again = await send(uris.purgeHistoryDeleteUri, 'DELETE');
  expect(again.status).toBe(404);
  expect(await again.text()).toBe('');
  expect((await send(filled(uris.terminatePostUri, 'x'))).status).toBe(404);
  expect(await (await fetch(`${api.url}${instancesPath}`)).json()).toEqual([]);
});

test('an id that was purged may be used again at once', async () => {
  const api = await startApi();
  const uris = await ended(api);
  await send(uris.purgeHistoryDeleteUri, 'DELETE');
  expect((await postJson(`${api.url}/orchestrators/processBatch/${uris.id}`, '[]')).status).toBe(202);
  expect((await fetch(uris.statusQueryGetUri)).status).toBe(202);
});

test('a running instance is not purged', async () => {
  const api = await startApi();
  const uris = await urisOf(await postBatch(api.url, []));
  const refused = await send(uris.purgeHistoryDeleteUri, 'DELETE');
  expect(refused.status).toBe(412);
  expect(await refused.json()).toMatchObject({
    Message: `Only orchestrations in a terminal state can be purged, but the orchestration with instance ID ${uris.id} has status Pending`,
  });
  expect((await fetch(uris.statusQueryGetUri)).status).toBe(202);
});

test('what others keep of theirs in storage does not hold up a purge', async () => {
  const api = await startApi();
  const container = newContainer();
  onTestFinished(async () => void (await container.deleteIfExists()));
  const others = new Client({ connection: api.client.connection, dataConverter: createDataConverter({ container }) });
  const theirs = await others.workflow.start('processBatch', {
    taskQueue: api.config.taskQueue,
    workflowId: randomUUID(),
    args: [[]],
    memo: { large: largeText(60 * kilobyte) },
  });
  await theirs.terminate();
  const closed = `WorkflowId = '${theirs.workflowId}' AND CloseTime IS NOT NULL`;
  await expect.poll(async () => (await others.workflow.count(closed)).count).toBe(1);
  // Temporal cannot be asked for this id alone, and lists all that have ended.
  const uris = await urisOf(await postJson(`${api.url}/orchestrators/processBatch/${encodeURIComponent('"')}`, '[]'));
  await send(filled(uris.terminatePostUri, 'x'));
  expect((await send(uris.purgeHistoryDeleteUri, 'DELETE')).status).toBe(200);
  expect((await theirs.describe()).status.name).toBe('TERMINATED');
});

test('a purge of many takes those of the states and times that it names, and none that run', async () => {
  const api = await startApi();
  const [one, two] = [await ended(api), await ended(api)];
  const running = await urisOf(await postBatch(api.url, []));
  await listed(api, 2);
  expect((await purge(api, 'createdTimeFrom=2999-01-01')).status).toBe(404);
  expect((await purge(api, 'createdTimeFrom=2000-01-01&createdTimeTo=2001-01-01')).status).toBe(404);
  expect((await purge(api, 'createdTimeFrom=2000-01-01&runtimeStatus=Completed,Failed')).status).toBe(404);
  expect((await purge(api, 'createdTimeFrom=2000-01-01&runtimeStatus=Running,Pending')).status).toBe(404);
  const narrow = await purge(api, `createdTimeFrom=2000-01-01&instanceIdPrefix=${one.id}`);
  expect(await narrow.json()).toEqual({ instancesDeleted: 1 });
  const wide = await purge(api, 'CreatedTimeFrom=2000-01-01&runtimeStatus=terminated');
  expect(wide.status).toBe(200);
  expect(await wide.json()).toEqual({ instancesDeleted: 1 });
  expect((await fetch(two.statusQueryGetUri)).status).toBe(404);
  expect((await fetch(running.statusQueryGetUri)).status).toBe(202);
  const none = await purge(api, 'createdTimeFrom=2000-01-01');
  expect(none.status).toBe(404);
  expect(await none.text()).toBe('');
});

test.each([
  ['', 'createdTimeFrom'],
  ['createdTimeFrom=', 'createdTimeFrom'],
  ['createdTimeFrom=yesterday', 'createdTimeFrom'],
  ['runtimeStatus=Completed', 'createdTimeFrom'],
  ['createdTimeFrom=2000-01-01&runtimeStatus=Done', '"Done" is not one of'],
  ['createdTimeFrom=2000-01-01&runtimeStatus=Completed,1', '"1" is not one of'],
  ['createdTimeFrom=2000-01-01&createdTimeTo=tomorrow', 'createdTimeTo'],
])('a purge of many with "%s" is refused and deletes nothing', async (query, reason) => {
  const api = await startApi();
  const uris = await ended(api);
  await listed(api, 1);
  const response = await purge(api, query);
  expect(response.status).toBe(400);
  expect(await response.json()).toMatchObject({ Message: expect.stringContaining(reason) });
  expect((await fetch(uris.statusQueryGetUri)).status).toBe(200);
});
