import { expect, test } from 'vitest';
import type { RequestObserver } from '../../src/storage/observe-requests.ts';
import { everyCall, fill, openRig, rejection, signal } from './rig.ts';

/** Writes down every request and how it ended. */
function recorder() {
  const seen: { operation: string; sent: number; outcome: string; received: number }[] = [];
  const observer: RequestObserver =
    ({ operation, sent }) =>
    ({ outcome, received }) =>
      void seen.push({ operation, sent, outcome, received });
  return { seen, observer };
}

test('every call to storage is told of, under one of few names', async () => {
  const { seen, observer } = recorder();
  const { store, direct } = await openRig({ observer });
  await fill(direct);
  for (const call of everyCall(store)) await call();
  await store.snapshot('there', (await store.properties('there', signal))?.etag ?? '', signal);
  expect([...new Set(seen.map(({ operation }) => operation))].toSorted()).toEqual(
    ['commit', 'create', 'list', 'look', 'read', 'snapshot', 'stage', 'write'].toSorted(),
  );
  expect(seen.every(({ outcome }) => outcome === 'ok')).toBe(true);
  expect(seen.find(({ operation }) => operation === 'read')).toMatchObject({ received: 10_000 });
  expect(seen.find(({ operation }) => operation === 'write')).toMatchObject({ sent: 1 });
});

test('so is how it ended: each try at a busy service, what is not there, refused, unavailable or no longer wanted', async () => {
  const { seen, observer } = recorder();
  const { store, proxy } = await openRig({ observer });
  const outcomesOf = async (call: () => Promise<unknown>) => {
    seen.length = 0;
    await call();
    return seen.map(({ outcome }) => outcome);
  };
  const put = () => store.put('x', Buffer.from('x'), { signal });

  expect(await outcomesOf(() => rejection(store.read('none', { from: 0 }, signal)))).toEqual(['not-found']);
  let left = 2;
  proxy.rule(() => (left-- > 0 ? { status: 503 } : undefined));
  expect(await outcomesOf(put)).toEqual(['busy', 'busy', 'ok']);
  const refusing = proxy.rule(() => ({ status: 403, code: 'AuthenticationFailed' }));
  expect(await outcomesOf(() => rejection(put()))).toEqual(['refused']);
  refusing();
  const resetting = proxy.rule(() => 'reset');
  expect(await outcomesOf(() => rejection(put()))).toEqual(['unavailable']);
  resetting();
  const { reached } = proxy.hold(() => true);
  const caller = new AbortController();
  const asking = outcomesOf(() => rejection(store.properties('x', caller.signal)));
  await reached;
  caller.abort(new Error('left'));
  expect(await asking).toEqual(['aborted']);
});
