import { randomUUID } from 'node:crypto';
import { expect, test } from 'vitest';
import { statusBodySchema } from '../../../../src/client/http/instances/status.ts';
import { instancesPath, postJson, startApi, untilEnded, type Api, type StatusBody } from '../harness.ts';
import { filled, postBatch, send, startOrderApi, times, urisOf } from '../order-rig.ts';

const tokenHeader = 'x-ms-continuation-token';

async function page(url: string, query = '', token?: string) {
  const response = await fetch(`${url}${instancesPath}?${query}`, {
    ...(token && { headers: { [tokenHeader]: token } }),
  });
  expect(response.status).toBe(200);
  expect(response.headers.get('content-type')).toBe('application/json; charset=utf-8');
  const bodies = statusBodySchema.array().parse(await response.json()) as StatusBody[];
  return { bodies, token: response.headers.get(tokenHeader) };
}

/** Every page, as clients read them. */
async function all(url: string, query = ''): Promise<StatusBody[]> {
  const found: StatusBody[] = [];
  let token: string | null | undefined;
  do {
    const next = await page(url, query, token ?? undefined);
    found.push(...next.bodies);
    ({ token } = next);
  } while (token);
  return found;
}

const ids = (bodies: readonly StatusBody[]) => bodies.map(({ instanceId }) => instanceId).toSorted();

/** Starts instances and waits until Temporal lists them. */
async function started(api: Api, names: readonly string[]): Promise<void> {
  for (const id of names) await postJson(`${api.url}/orchestrators/processBatch/${encodeURIComponent(id)}`, '[]');
  await expect.poll(async () => ids(await all(api.url))).toEqual(expect.arrayContaining([...names]));
}

test('a list has all instances with their status, and nothing of other task queues', async () => {
  const api = await startApi();
  expect(await all(api.url)).toEqual([]);
  const names = [randomUUID(), randomUUID()];
  await started(api, names);
  const bodies = await all(api.url);
  expect(ids(bodies)).toEqual(names.toSorted());
  expect(bodies[0]).toMatchObject({ name: 'processBatch', runtimeStatus: 'Pending', input: [], output: null });
  expect((await all(api.url, 'showInput=false')).map(({ input }) => input)).toEqual([null, null]);
  expect(JSON.stringify(await all(api.url, 'showHistory=true'))).not.toContain('historyEvents');
  const slash = await fetch(`${api.url}${instancesPath}/`);
  expect(await slash.json()).toHaveLength(2);
});

test('pages of a size follow each other by token until there is none', async () => {
  const api = await startApi();
  const names = Array.from({ length: 7 }, () => randomUUID());
  await started(api, names);
  const first = await page(api.url, 'top=3');
  expect(first.bodies).toHaveLength(3);
  expect(first.token).toMatch(/^[\w-]+$/u);
  expect(ids(await all(api.url, 'top=3'))).toEqual(names.toSorted());
  expect((await page(api.url)).token).toBeNull();
  for (const top of ['0', '-1', 'x', '1.5', '', '999999999999999999999', '1e9'])
    expect((await page(api.url, `top=${top}`)).bodies).toHaveLength(7);
});

test('a token that is none of ours is refused', async () => {
  const { url } = await startApi();
  for (const token of ['x', '!', 'e30', 'YWJj'.repeat(100)]) {
    const response = await fetch(`${url}${instancesPath}`, { headers: { [tokenHeader]: token } });
    expect(response.status).toBe(400);
    expect(await response.json()).toMatchObject({ Message: expect.any(String) });
  }
});

test('a prefix is taken literally', async () => {
  const api = await startApi();
  const run = randomUUID();
  const names = ["it's", 'it"s', 'a_b', 'aXb', '50%', '500', 'ümläut', ' spaced'].map((name) => `${run}${name}`);
  await started(api, names);
  for (const name of names) {
    const query = `instanceIdPrefix=${encodeURIComponent(name)}`;
    expect(ids(await all(api.url, query))).toEqual([name]);
  }
  expect(await all(api.url, `instanceIdPrefix=${encodeURIComponent(`${run}' OR WorkflowId != '`)}`)).toEqual([]);
  expect(await all(api.url, `instanceIdPrefix=${encodeURIComponent(`${run}\\`)}`)).toEqual([]);
  expect(await all(api.url, `instanceIdPrefix=${run}`)).toHaveLength(names.length);
  expect(await all(api.url, 'instanceIdPrefix=')).toHaveLength(names.length);
});

test('states are told apart, also those that Temporal does not tell apart', async () => {
  const api = await startOrderApi({ unknownSku: 'reject' });
  const start = async (items: unknown) => urisOf(await postBatch(api.url, items));
  const unknown = { sku: 'A', quantity: 1 };
  const [done, failed, suspended, terminated] = [
    await start([]),
    await start([unknown]),
    await start(times(3000, unknown)),
    await start(times(3000, unknown)),
  ];
  await send(filled(suspended.suspendPostUri, 'x'));
  await send(filled(terminated.terminatePostUri, 'x'));
  await untilEnded(done.statusQueryGetUri);
  await untilEnded(failed.statusQueryGetUri);
  const find = async (statuses: string) => ids(await all(api.url, statuses));
  await expect.poll(() => find('runtimeStatus=Failed,Completed,Terminated')).toHaveLength(3);
  expect(await find('runtimeStatus=Completed')).toEqual([done.id]);
  expect(await find('runtimeStatus=failed')).toEqual([failed.id]);
  expect(await find('RuntimeStatus=SUSPENDED')).toEqual([suspended.id]);
  expect(await find('runtimeStatus=Pending,Running')).toEqual([]);
  expect(await find('runtimeStatus=Completed,Suspended')).toEqual([done.id, suspended.id].toSorted());
  expect(await find('runtimeStatus=Failed&runtimeStatus=Terminated')).toEqual([failed.id, terminated.id].toSorted());
  expect(await find('runtimeStatus=Canceled')).toEqual([]);
  expect(await find('runtimeStatus=nonsense')).toHaveLength(4);
  expect(await find('runtimeStatus=nonsense,Completed')).toEqual([done.id]);
});

test('times bound the creation, and a time that cannot be read bounds nothing', async () => {
  const api = await startApi();
  const name = randomUUID();
  const before = new Date(Date.now() - 1000).toISOString();
  await started(api, [name]);
  const after = new Date(Date.now() + 1000).toISOString();
  const find = async (query: string) => (await all(api.url, query)).length;
  expect(await find(`createdTimeFrom=${before}&createdTimeTo=${after}`)).toBe(1);
  expect(await find(`createdTimeFrom=${after}`)).toBe(0);
  expect(await find(`createdTimeTo=${before}`)).toBe(0);
  expect(await find(`CREATEDTIMEFROM=${before.slice(0, 19)}`)).toBe(1);
  expect(await find('createdTimeFrom=yesterday&createdTimeTo=2024-99-99')).toBe(1);
  expect(await find('createdTimeFrom=0001-01-01&createdTimeTo=9999-12-31T23:59:59Z')).toBe(1);
  expect(await find('createdTimeFrom=9999-12-31')).toBe(0);
});

test('an instance that was rewound or whose id was used again is listed once', async () => {
  const api = await startApi();
  const name = randomUUID();
  for (let i = 0; i < 3; i++) {
    await started(api, [name]);
    await send(`${api.url}${instancesPath}/${name}/terminate?reason=${i}`);
  }
  await expect.poll(async () => (await all(api.url)).map(({ output }) => output)).toEqual(['2']);
  expect(ids(await all(api.url, 'top=1'))).toEqual([name]);
});

test('a list needs the key, and the code of one instance is none', async () => {
  const apiKey = 'correct horse battery';
  const { url } = await startApi({ apiKey });
  const key = { 'x-functions-key': apiKey };
  const uris = await urisOf(await postJson(`${url}/api/batches`, '[]', key));
  const { search } = new URL(uris.statusQueryGetUri);
  for (const method of ['GET', 'DELETE']) {
    const at = `${url}${instancesPath}`;
    expect((await fetch(at, { method })).status).toBe(401);
    expect((await fetch(`${at}${search}`, { method })).status).toBe(401);
    expect((await fetch(`${at}?createdTimeFrom=2999-01-01`, { method, headers: key })).status).toBe(
      method === 'GET' ? 200 : 404,
    );
  }
});
