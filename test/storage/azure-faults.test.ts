import { once } from 'node:events';
import { createServer, type AddressInfo } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { expect, inject, onTestFinished, test } from 'vitest';
import { openBlobStore } from '../../src/storage/open-blob-store.ts';
import { content } from '../support/tree.ts';
import { block, everyCall, fill, openRig, rejection, signal } from './rig.ts';

test('content that is corrupted on the way makes no blob and no block', async () => {
  const { store, direct, proxy } = await openRig();
  await direct.put('kept', Buffer.from('kept'), { signal });
  proxy.rule(({ method, bytes }) =>
    method === 'PUT' && bytes > 0
      ? { tamper: (body) => Buffer.concat([Buffer.from([(body[0] ?? 0) ^ 1]), body.subarray(1)]) }
      : undefined,
  );
  for (const call of [
    () => store.put('new', content(1000), { signal }),
    () => store.put('kept', content(1000), { signal }),
    () => store.stageBlock('new', block('1'), content(1000), signal),
  ]) {
    expect((await rejection(call())).kind).toBe('unavailable');
  }
  expect(await direct.properties('new', signal)).toBeUndefined();
  expect(await direct.stagedBlocks('new', signal)).toEqual(new Map());
  expect((await direct.read('kept', { from: 0 }, signal)).toString()).toBe('kept');
});

test.each([
  ['two answers of 503', 2, { status: 503 }],
  ['two cut connections', 2, 'reset'],
  ['a lost answer', 1, 'lose-answer'],
] as const)('every call gets over %s', async (_, count, fault) => {
  const { store, direct, proxy } = await openRig();
  await fill(direct);
  for (const call of everyCall(store)) {
    let left: number = count;
    const remove = proxy.rule(() => (left-- > 0 ? fault : undefined));
    await call();
    expect(left).toBeLessThan(0);
    remove();
  }
  expect((await direct.read('new', { from: 0 }, signal)).toString()).toBe('x');
});

test('a body that ends early is asked for again', async () => {
  const { store, direct, proxy } = await openRig();
  await fill(direct);
  let left = 2;
  proxy.rule(() => (left-- > 0 ? 'cut-answer' : undefined));
  expect(await store.read('there', { from: 0 }, signal)).toEqual(content(10_000));
});

test('bodies that all end early are for the caller to try again', async () => {
  const { store, direct, proxy } = await openRig();
  await fill(direct);
  proxy.rule(() => 'cut-answer');
  expect(await rejection(store.read('there', { from: 0 }, signal))).toMatchObject({ kind: 'unavailable' });
});

test('an answer that was lost after the write shows as a failed precondition, and the write stands', async () => {
  const { store, direct, proxy } = await openRig();
  let lose = true;
  proxy.rule(({ method }) => {
    const fault = method === 'PUT' && lose ? 'lose-answer' : undefined;
    lose = false;
    return fault;
  });
  const write = store.put('x', Buffer.from('mine'), { signal, precondition: { absent: true } });
  expect((await rejection(write)).kind).toBe('precondition-failed');
  expect((await direct.read('x', { from: 0 }, signal)).toString()).toBe('mine');
});

test.each([
  [503, 'ServerBusy', 'unavailable'],
  [500, 'OperationTimedOut', 'unavailable'],
  [429, 'TooManyRequests', 'unavailable'],
  [408, 'RequestTimeout', 'unavailable'],
  [403, 'AuthenticationFailed', 'refused'],
  [409, 'BlobImmutableDueToPolicy', 'locked'],
  [409, 'BlobAlreadyExists', 'precondition-failed'],
  [409, 'ContainerBeingDeleted', 'unavailable'],
  [412, 'ConditionNotMet', 'precondition-failed'],
  [412, 'LeaseIdMissing', 'locked'],
  [404, 'ContainerNotFound', 'not-found'],
] as const)('an answer of %i %s means %s', async (status, code, kind) => {
  const { store, proxy } = await openRig();
  proxy.rule(() => ({ status, code }));
  const error = await rejection(store.put('x', Buffer.from('x'), { signal }));
  expect(error).toMatchObject({ name: 'BlobStoreError', kind });
  expect(error.message).toContain(`${status} ${code}`);
});

test('a service that is down is unavailable, and the error names its address', async () => {
  const { store, direct, proxy } = await openRig();
  await fill(direct);
  await proxy.close();
  for (const call of everyCall(store)) {
    const error = await rejection(call());
    expect(error).toMatchObject({ name: 'BlobStoreError', kind: 'unavailable' });
    expect(error.message).toContain(store.url);
  }
});

test('every call to a service that never answers ends by itself', async () => {
  const { store, proxy } = await openRig({ answerWithin: 100 });
  proxy.rule(() => 'stall');
  const errors = await Promise.all(everyCall(store).map((call) => rejection(call())));
  for (const error of errors) {
    expect(error).toMatchObject({
      kind: 'unavailable',
      message: expect.stringContaining(`no answer from ${store.url} in time`),
    });
  }
});

test('a service that accepts a connection and says nothing at all is given up on', async () => {
  const silent = createServer().listen(0, '127.0.0.1');
  onTestFinished(() => void silent.close());
  silent.on('connection', (socket) => onTestFinished(() => void socket.destroy()));
  await once(silent, 'listening');
  const endpoint = `BlobEndpoint=http://127.0.0.1:${(silent.address() as AddressInfo).port}/devstoreaccount1`;
  const connectionString = inject('connectionString').replace(/BlobEndpoint=[^;]+/u, endpoint);
  const store = openBlobStore({ connectionString }, 'any', { answerWithin: 100 });
  expect((await rejection(store.put('x', content(1000), { signal }))).kind).toBe('unavailable');
});

test('every call that waits for an answer ends when its signal aborts, by throwing the reason', async () => {
  const { store, proxy } = await openRig();
  proxy.rule(() => 'stall');
  const reason = new Error('enough');
  const controller = new AbortController();
  const calls = everyCall(store, controller.signal).map((call) => rejection(call()));
  while (proxy.requests.length < calls.length) await sleep(10);
  controller.abort(reason);
  for (const error of await Promise.all(calls)) expect(error).toBe(reason);
});

test('a signal that aborts between two tries ends the call too', async () => {
  const { store, proxy } = await openRig();
  const reason = new Error('enough');
  const controller = new AbortController();
  proxy.rule(() => {
    if (proxy.requests.length === 2) controller.abort(reason);
    return { status: 503 };
  });
  expect(await rejection(store.put('x', Buffer.from('x'), { signal: controller.signal }))).toBe(reason);
});

test.each([
  [3 * 3_600_000, '3h behind'],
  [-3_600_000, '1h ahead of'],
])('a refusal for a clock that is %i ms off says so', async (off, words) => {
  const { store, direct, proxy } = await openRig();
  await fill(direct);
  proxy.rule(() => ({ status: 403, code: 'AuthenticationFailed', date: new Date(Date.now() + off) }));
  for (const call of everyCall(store)) {
    const { kind, message } = await rejection(call());
    expect(kind).toBe('refused');
    expect(message).toContain(`403 AuthenticationFailed (the clock of this machine is ${words} the service's, which`);
  }
});

test('a refusal by a service whose clock is right is about something else', async () => {
  const { store, proxy } = await openRig();
  const date = new Date(Date.now() - 10 * 60_000);
  proxy.rule(() => ({ status: 403, code: 'AuthenticationFailed', date }));
  expect((await rejection(store.properties('there', signal))).message).toMatch(/refuses the account key/u);
});
