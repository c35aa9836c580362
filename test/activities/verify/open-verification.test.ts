import { expect, test } from 'vitest';
import type { VerificationInput } from '../../../src/contracts/verification.ts';
import { runLayout } from '../../../src/storage/run-layout.ts';
import { writeTree } from '../../support/tree.ts';
import { openRig, perform, type Rig } from '../rig.ts';
import { backUpRun, open } from './rig.ts';

async function backedUp(): Promise<Rig> {
  const rig = await openRig();
  await writeTree(rig.root, { a: 10 });
  await backUpRun(rig);
  return rig;
}

test('what is verified is fixed: the run that is meant, its root and the etag of its manifest', async () => {
  const rig = await backedUp();
  const { activities, run, container } = rig;
  const startedAt = '2026-03-04T05:06:07.890Z';
  const input = { run: 'latest', deep: true, sample: 0.5, options: { window: 3 } };
  const verification = await perform(activities.openVerification, [input, startedAt]);
  const { etag } = await container.getBlobClient(runLayout(run).manifest).getProperties();
  expect(verification).toEqual({
    id: expect.stringMatching(/^20260304T050607Z-[0-9a-f]{8}$/u),
    run: run.id,
    manifestEtag: etag,
    root: run.root,
    container: run.container,
    prefix: '',
    deep: true,
    sample: 0.5,
    options: { ...run.options, window: 3 },
  });
  expect(await perform(activities.openVerification, [input, startedAt], { attempt: 2 })).toEqual(verification);
});

test.each<[unknown, string]>([
  [{ run: '' }, "run: must be a run's id"],
  [{ run: 7 }, "run: must be a run's id"],
  [{ run: 'latest', root: 7 }, 'root: must be the directory'],
  [{ run: 'latest', deep: true, sample: 2 }, 'sample: must be at most 1'],
  [{ run: 'latest', options: { window: 0 } }, 'options.window: must be a whole number'],
])('%j is refused before storage is asked', async (input, message) => {
  const { activities, proxy } = await openRig();
  const from = proxy.requests.length;
  const opening = perform(activities.openVerification, [input as VerificationInput, '2026-03-04T05:06:07.890Z']);
  await expect(opening).rejects.toMatchObject({
    type: 'InvalidInput',
    nonRetryable: true,
    message: expect.stringContaining(message),
  });
  expect(proxy.requests.slice(from)).toEqual([]);
});

test('a run that is not there, or whose manifest is damaged, is refused', async () => {
  const rig = await backedUp();
  const { container, run } = rig;
  await expect(open(rig, { run: '20250101T000000Z-00000000' })).rejects.toMatchObject({ type: 'RunNotFound' });
  await container.getBlockBlobClient(runLayout(run).shard(0)).upload('damaged', 7);
  await expect(open(rig)).rejects.toMatchObject({
    type: 'ManifestInvalid',
    message: expect.stringContaining(runLayout(run).shard(0)),
  });
});
