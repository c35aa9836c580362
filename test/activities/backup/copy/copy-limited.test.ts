import { expect, test } from 'vitest';
import { createActivities } from '../../../../src/activities/index.ts';
import { openBlobStore } from '../../../../src/storage/open-blob-store.ts';
import { createRateLimit } from '../../../../src/storage/pace/rate-limit.ts';
import { createManualClock } from '../../../storage/pace/manual-clock.ts';
import { writeTree } from '../../../support/tree.ts';
import { blobNames, environmentOf, listAll, mebibyte, nameOf, openRig } from '../../rig.ts';

test('a copy that waits for its turn to send heartbeats all the while, and ends when it was let through', async () => {
  const rig = await openRig();
  await writeTree(rig.root, { large: 20 * mebibyte });
  const [copy] = (await listAll(rig)).flatMap(({ copies }) => copies);
  if (!copy) throw new Error('nothing to copy');
  const clock = createManualClock();
  const uploads = createRateLimit(mebibyte, clock);
  const { connectionString } = rig.proxy;
  const store = openBlobStore({ connectionString }, rig.container.containerName, { uploads });
  const { copyFiles } = createActivities({ ...rig.deps, store });
  const environment = environmentOf({ heartbeatTimeoutMs: 200 });
  const blocks = () => rig.proxy.requests.filter(({ query }) => query.get('comp') === 'block');
  let beats = 0;
  const beaten = Promise.withResolvers<void>();
  // Counted from the first block on, for reading it may take a while.
  environment.on('heartbeat', () => blocks().length > 0 && ++beats === 8 && beaten.resolve());
  const began = clock.now();
  const copying = environment.run(copyFiles, rig.run, copy);
  // The clock stands still: nothing but the first block can be sent.
  await beaten.promise;
  expect(blocks()).toHaveLength(1);

  const over = copying.then(() => 'over');
  while ((await Promise.race([over, clock.next()])) !== 'over');
  expect(await copying).toMatchObject({ files: 1, bytes: 20 * mebibyte });
  expect(await blobNames(rig)).toEqual([nameOf(rig, 'large')]);
  // Two blocks of 8 MiB had to be paid for before the last was sent.
  expect(clock.now() - began).toBe(16_000);
});
