import { expect, test } from 'vitest';
import type { ManagementUris } from '../../../../src/client/http/instances/answer-start.ts';
import { instancesPath, startApi, startWorker, untilEnded, type Api } from '../harness.ts';
import { filled, postBatch, send, startOrderApi, urisOf } from '../order-rig.ts';

async function pending(api: Api): Promise<ManagementUris> {
  return urisOf(await postBatch(api.url, []));
}

function raise(uris: ManagementUris, event: string, body: string, type = 'application/json'): Promise<Response> {
  return fetch(filled(uris.sendEventPostUri, event), { method: 'POST', body, headers: { 'Content-Type': type } });
}

async function expectEmpty(response: Response, status: number): Promise<void> {
  expect(response.status).toBe(status);
  expect(response.headers.get('content-type')).toBeNull();
  expect(await response.text()).toBe('');
}

async function expectProblem(response: Response, status: number, reason: string): Promise<void> {
  expect(response.status).toBe(status);
  expect(await response.json()).toMatchObject({ Message: expect.stringContaining(reason) });
}

test('an event reaches a running instance as a signal', async () => {
  const api = await startApi();
  const uris = await pending(api);
  await expectEmpty(await raise(uris, 'approved%20by', '{"who":"me"}'), 202);
  await expectEmpty(await raise(uris, 'count', '0', 'application/json; charset=utf-8'), 202);
  const { events } = await api.client.workflow.getHandle(uris.id).fetchHistory();
  const signals = (events ?? []).flatMap((event) => event.workflowExecutionSignaledEventAttributes ?? []);
  expect(signals.map(({ signalName }) => signalName)).toEqual(['approved by', 'count']);
  expect(Buffer.from(signals[0]?.input?.payloads?.[0]?.data ?? '').toString()).toBe('{"who":"me"}');
});

test('an event must be JSON of that type, and its name one that callers may use', async () => {
  const api = await startApi();
  const uris = await pending(api);
  await expectProblem(await raise(uris, 'e', '{}', 'text/plain'), 400, 'Only application/json request content');
  await expectProblem(await raise(uris, 'e', '{'), 400, 'not valid JSON');
  await expectProblem(await raise(uris, 'e', ''), 400, 'Invalid JSON content');
  await expectProblem(await raise(uris, 'e', '['.repeat(1000)), 400, 'nested');
  await expectProblem(await raise(uris, '__suspend', '{}'), 400, 'two underscores');
  await expectProblem(await raise(uris, 'a%0Ab', '{}'), 400, 'control characters');
  await expectProblem(await raise(uris, 'x'.repeat(257), '{}'), 400, 'at most 256');
  await expectProblem(await raise(uris, 'e', `"${'x'.repeat(1024 * 1024)}"`), 413, 'too large');
  const { events } = await api.client.workflow.getHandle(uris.id).fetchHistory();
  expect((events ?? []).filter((event) => event.workflowExecutionSignaledEventAttributes)).toEqual([]);
});

test('an unknown instance comes before an ended one, and that before a wrong body', async () => {
  const api = await startApi();
  const uris = await pending(api);
  const unknown = { ...uris, sendEventPostUri: uris.sendEventPostUri.replace(uris.id, 'nobody') };
  await expectEmpty(await raise(unknown, 'e', '{', 'text/plain'), 404);
  await send(filled(uris.terminatePostUri, ''));
  await expectEmpty(await raise(uris, 'e', '{', 'text/plain'), 410);
  await expectEmpty(await raise(uris, 'e', '{}'), 410);
});

test('terminate ends an instance, whose output is then the reason', async () => {
  const api = await startApi();
  const uris = await pending(api);
  await expectEmpty(await send(filled(uris.terminatePostUri, 'out%20of%20patience')), 202);
  const { response, body } = await untilEnded(uris.statusQueryGetUri);
  expect(response.status).toBe(200);
  expect(body).toMatchObject({ runtimeStatus: 'Terminated', output: 'out of patience' });
  await expectEmpty(await send(filled(uris.terminatePostUri, 'again')), 410);
});

test.each(['terminate', 'suspend', 'resume'])(
  '%s of an unknown instance is a 404, of an ended one a 410',
  async (what) => {
    const api = await startApi();
    const uris = await pending(api);
    const at = (id: string) => `${api.url}${instancesPath}/${id}/${what}`;
    await expectEmpty(await send(at('nobody')), 404);
    await expectEmpty(await send(at('a%2Fb')), 404);
    await send(at(uris.id).replace(what, 'terminate'));
    await expectEmpty(await send(at(uris.id)), 410);
  },
);

const many = Array.from({ length: 600 }, (_, i) => ({ sku: `S${i % 50}`, quantity: 1 }));

test('nothing new starts from the answer to suspend until resume', async () => {
  const api = await startOrderApi();
  const uris = await urisOf(await postBatch(api.url, many));
  const handle = api.client.workflow.getHandle(uris.id);
  const started = async () =>
    ((await handle.fetchHistory()).events ?? []).filter((event) => event.activityTaskScheduledEventAttributes).length;
  const waiting = async () =>
    ((await handle.describe()).raw.pendingActivities ?? []).filter(({ lastStartedTime }) => !lastStartedTime).length;
  await expect.poll(started).toBeGreaterThan(0);
  await expectEmpty(await send(filled(uris.suspendPostUri, 'lunch')), 202);
  expect(await waiting()).toBe(0);
  const atAnswer = await started();
  expect(atAnswer).toBeLessThan(many.length);
  await expectEmpty(await send(filled(uris.suspendPostUri, 'lunch')), 202);
  const status = await fetch(uris.statusQueryGetUri);
  expect(status.status).toBe(202);
  expect(await status.json()).toMatchObject({ runtimeStatus: 'Suspended', customStatus: { suspended: true } });
  expect(await started()).toBe(atAnswer);
  await expectEmpty(await send(filled(uris.resumePostUri, 'fed')), 202);
  await expectEmpty(await send(filled(uris.resumePostUri, 'fed')), 202);
  expect((await untilEnded(uris.statusQueryGetUri)).body).toMatchObject({ output: { processed: many.length } });
});

test('an instance that is suspended while no worker is up starts nothing when one comes', async () => {
  const api = await startApi();
  const uris = await urisOf(await postBatch(api.url, many));
  await expectEmpty(await send(filled(uris.suspendPostUri, 'not yet')), 202);
  await startWorker(api);
  const status = async () => (await (await fetch(uris.statusQueryGetUri)).json()) as { runtimeStatus: string };
  await expect.poll(status).toMatchObject({ runtimeStatus: 'Suspended' });
  const { events } = await api.client.workflow.getHandle(uris.id).fetchHistory();
  expect((events ?? []).filter((event) => event.activityTaskScheduledEventAttributes)).toEqual([]);
});
