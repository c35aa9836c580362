import { expect, inject, test } from 'vitest';
import { createRunLimits } from '../../../../src/activities/backup/copy/run-limits.ts';
import { openBlobStore } from '../../../../src/storage/open-blob-store.ts';
import { withUploadLimit, createRateLimit } from '../../../../src/storage/pace/rate-limit.ts';
import { blobStoreSuite } from '../../../storage/blob-store.suite.ts';
import { createManualClock } from '../../../storage/pace/manual-clock.ts';
import { azurite, newContainer, signal } from '../../../storage/rig.ts';
import { blobNames, openRig } from '../../rig.ts';

blobStoreSuite('a store with a limit of its own', async () => {
  const container = newContainer();
  const store = openBlobStore({ connectionString: inject('connectionString') }, container);
  await store.ensureContainer(signal);
  const limited = withUploadLimit(store, createRateLimit(1024 ** 4));
  return { store: limited, close: async () => void (await azurite().deleteContainer(container)) };
});

test('copies of one run share its limit, and other runs do not wait for it', async () => {
  const rig = await openRig();
  const clock = createManualClock();
  const of = createRunLimits(rig.deps.store, clock);
  const limited = { id: 'a', uploadLimit: 1024 };
  const body = Buffer.alloc(4096);
  await of(limited).put('a1', body, { signal });
  const waiting = of(limited).put('a2', body, { signal });
  const block = of(limited).stageBlock('a3', Buffer.from('1').toString('base64'), body, signal);
  await of({ id: 'b' }).put('b1', body, { signal });
  await of({ id: 'c', uploadLimit: 1024 }).put('c1', body, { signal });
  expect(await blobNames(rig)).toEqual(['a1', 'b1', 'c1']);
  expect(clock.timers).toBe(1);
  await clock.advance(4000);
  await waiting;
  await clock.advance(4000);
  await block;
  expect([...(await of(limited).stagedBlocks('a3', signal)).values()]).toEqual([4096]);
});

test('who gives up waiting has sent nothing', async () => {
  const rig = await openRig();
  const store = createRunLimits(rig.deps.store, createManualClock())({ id: 'a', uploadLimit: 1024 });
  await store.put('first', Buffer.alloc(4096), { signal });
  const stop = new AbortController();
  const waiting = store.put('second', Buffer.alloc(1), { signal: stop.signal });
  stop.abort(new Error('stopped'));
  await expect(waiting).rejects.toThrow('stopped');
  expect(await blobNames(rig)).toEqual(['first']);
});
