import { createHttpPoller, type OperationState } from '@azure/core-lro';
import { expect, test } from 'vitest';
import { statusBodySchema } from '../../../../src/client/http/instances/status.ts';
import { instancesPath, locationOf, postJson, startApi, startPath, untilEnded, type StatusBody } from '../harness.ts';
import { filled, postBatch, send, startOrderApi, times, urisOf } from '../order-rig.ts';

const one = [{ sku: 'A', quantity: 1 }];

/** A batch that failed, with its status URI. */
async function failedBatch(): Promise<string> {
  const { url } = await startOrderApi({ unknownSku: 'reject' });
  const { statusQueryGetUri } = await urisOf(await postBatch(url, one));
  await untilEnded(statusQueryGetUri);
  return statusQueryGetUri;
}

async function statusAt(uri: string): Promise<StatusBody> {
  return statusBodySchema.parse(await (await fetch(uri)).json());
}

test('showInput=false leaves the input out, and what is no boolean changes nothing', async () => {
  const { url } = await startApi();
  const uri = locationOf(await postBatch(url, one));
  const inputs = await Promise.all(
    ['showInput=false', 'SHOWINPUT=False', 'showInput=true', 'showInput=0', 'showInput=', 'x=y'].map(
      async (query) => (await statusAt(`${uri}&${query}`)).input,
    ),
  );
  expect(inputs).toEqual([null, null, one, one, one, one]);
});

test('a failed instance is a 200, or a 500 that says why when that is asked for', async () => {
  const uri = await failedBatch();
  const plain = await fetch(uri);
  expect(plain.status).toBe(200);
  expect(await plain.json()).not.toHaveProperty('error');
  const asked = await fetch(`${uri}&ReturnInternalServerErrorOnFailure=true`);
  expect(asked.status).toBe(500);
  expect(asked.headers.get('content-type')).toBe('application/json; charset=utf-8');
  const body = statusBodySchema.parse(await asked.json());
  expect(body).toMatchObject({
    runtimeStatus: 'Failed',
    error: { code: 'BatchIncomplete', message: expect.stringContaining('1 of 1 items failed') },
  });
  expect((await fetch(`${uri}&returnInternalServerErrorOnFailure=1`)).status).toBe(200);
});

test('an instance that did not fail is a 200 whatever is asked for', async () => {
  const { url } = await startApi();
  const uris = await urisOf(await postBatch(url, one));
  const flag = '&returnInternalServerErrorOnFailure=true';
  expect((await fetch(`${uris.statusQueryGetUri}${flag}`)).status).toBe(202);
  await send(filled(uris.terminatePostUri, 'enough'));
  const ended = await fetch(`${uris.statusQueryGetUri}${flag}`);
  expect(ended.status).toBe(200);
  expect(await ended.json()).toMatchObject({ runtimeStatus: 'Terminated', output: 'enough' });
});

test('a cancelled instance is a 200 without output', async () => {
  const { url, jobs } = await startOrderApi();
  const uris = await urisOf(await postBatch(url, times(3000, one[0])));
  await jobs.cancel(uris.id);
  const { response, body } = await untilEnded(uris.statusQueryGetUri);
  expect(response.status).toBe(200);
  expect(body).toMatchObject({ runtimeStatus: 'Canceled', output: null });
});

test('showHistory tells what happened, with inputs and results only when asked for', async () => {
  const { url } = await startOrderApi();
  const uri = locationOf(await postBatch(url, one));
  await untilEnded(uri);
  const eventsAt = async (query: string) =>
    ((await statusAt(`${uri}&${query}`)) as { historyEvents?: unknown[] }).historyEvents;
  const time = expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{7}Z$/u) as string;
  expect(await eventsAt('showHistory=true&showHistoryOutput=true')).toEqual([
    { EventType: 'ExecutionStarted', FunctionName: 'processBatch', Timestamp: time, Input: one },
    {
      EventType: 'TaskCompleted',
      FunctionName: 'processItem',
      ScheduledTime: time,
      Timestamp: time,
      Input: expect.objectContaining({ sku: 'A', quantity: 1, index: 0 }) as unknown,
      Result: { sku: 'A', reserved: true, lineTotal: 9.99 },
    },
    {
      EventType: 'TaskCompleted',
      FunctionName: 'summarizeBatch',
      ScheduledTime: time,
      Timestamp: time,
      Input: [{ sku: 'A', reserved: true, lineTotal: 9.99 }],
      Result: { processed: 1, reserved: 1, total: 9.99 },
    },
    {
      EventType: 'ExecutionCompleted',
      OrchestrationStatus: 'Completed',
      Timestamp: time,
      Result: { processed: 1, reserved: 1, total: 9.99 },
    },
  ]);
  const text = JSON.stringify(await eventsAt('showHistory=true&showInput=false'));
  expect(text).toContain('TaskCompleted');
  expect(text).not.toMatch(/Input|Result/u);
  expect(await eventsAt('showHistory=false')).toBeUndefined();
  expect(await eventsAt('showHistoryOutput=true')).toBeUndefined();
});

test('an instance that is Pending has no history yet', async () => {
  const { url } = await startApi();
  const uri = `${locationOf(await postBatch(url, one))}&showHistory=true`;
  expect(await statusAt(uri)).not.toHaveProperty('historyEvents');
});

test('an instance of another task queue or of another program is not there', async () => {
  const [mine, other] = [await startApi(), await startApi()];
  const uris = await urisOf(await postJson(`${other.url}${startPath}`, ''));
  const foreign = `foreign-${uris.id}`;
  await mine.client.workflow.start('somethingElse', { workflowId: foreign, taskQueue: mine.config.taskQueue });
  for (const id of [uris.id, foreign]) {
    const at = `${mine.url}${instancesPath}/${id}`;
    expect((await fetch(at)).status).toBe(404);
    expect((await send(at, 'DELETE')).status).toBe(404);
    expect((await send(`${at}/terminate`)).status).toBe(404);
    expect((await send(`${at}/suspend`)).status).toBe(404);
    expect((await send(`${at}/rewind`)).status).toBe(404);
    expect((await send(`${at}/restart`)).status).toBe(400);
    expect((await mine.client.workflow.getHandle(id).describe()).status.name).toBe('RUNNING');
  }
});

async function answer(response: Response, method: string, url: string) {
  const body = (await response.json()) as StatusBody;
  const headers = Object.fromEntries(response.headers);
  // Its next poll would come after that many seconds.
  if ('retry-after' in headers) headers['retry-after'] = '1';
  const rawResponse = { statusCode: response.status, headers, body, request: { method, url } };
  return { flatResponse: body, rawResponse };
}

function createPoller(start: string) {
  return createHttpPoller<StatusBody, OperationState<StatusBody>>({
    sendInitialRequest: async () => answer(await postJson(start, JSON.stringify(one)), 'POST', start),
    sendPollRequest: async (url) => answer(await fetch(url), 'GET', url),
  });
}

const asked = '?returnInternalServerErrorOnFailure=true';

test("Azure's own poller sees a failure when the start asked for the 500, with its reason", async () => {
  const { url } = await startOrderApi({ unknownSku: 'reject' });
  const poller = createPoller(`${url}/api/batches${asked}`);
  await expect(poller.pollUntilDone()).rejects.toThrow('BatchIncomplete. 1 of 1 items failed');
  expect(poller.operationState?.status).toBe('failed');
});

test("Azure's own poller sees a batch succeed when the start asked for the 500", async () => {
  const { url } = await startOrderApi();
  const poller = createPoller(`${url}/api/batches${asked}`);
  expect(await poller.pollUntilDone()).toMatchObject({ output: { processed: 1 } });
  expect(poller.operationState?.status).toBe('succeeded');
});

test('a wait that ends in failure is a 500 when that is asked for', async () => {
  const { url } = await startOrderApi({ unknownSku: 'reject' });
  const response = await postJson(`${url}/api/batches${asked}&timeout=60&pollingInterval=1`, JSON.stringify(one));
  expect(response.status).toBe(500);
  expect(await response.json()).toMatchObject({ runtimeStatus: 'Failed', error: { code: 'BatchIncomplete' } });
});
