import { expect, test } from 'vitest';
import { runLayout } from '../../../../src/storage/run-layout.ts';
import { readManifest } from '../../../support/stored-run.ts';
import { writeTree } from '../../../support/tree.ts';
import { backUp, listAll, openRig, perform, type Rig } from '../../rig.ts';

const times = { startedAt: '2026-01-02T03:04:05.678Z', finishedAt: '2026-01-02T03:05:00.000Z' };

/** Of what is written to this blob, the first is refused as if another were there. */
function refuseOnce(rig: Rig, blob: string): void {
  let left = 1;
  rig.proxy.rule(({ method, path }) =>
    method === 'PUT' && path.endsWith(blob) && left-- > 0 ? { status: 412, code: 'ConditionNotMet' } : undefined,
  );
}

test('a manifest that is refused though none is there is not taken for written', async () => {
  const rig = await openRig();
  await writeTree(rig.root, { a: 1 });
  await backUp(rig);
  await perform(rig.activities.sealPage, [rig.run, 0, []]);
  refuseOnce(rig, runLayout(rig.run).manifest);
  const commit = () => perform(rig.activities.commitRun, [rig.run, times]);
  await expect(commit()).rejects.toMatchObject({ type: 'StorageUnavailable', nonRetryable: false });
  const { manifest } = await commit();
  expect((await readManifest(rig.container, manifest)).manifest).toMatchObject({ files: 1, complete: true });
});

test('a page that is refused though none is there is written by the next attempt', async () => {
  const rig = await openRig();
  await writeTree(rig.root, { a: 1 });
  refuseOnce(rig, runLayout(rig.run).page(0));
  await expect(listAll(rig)).rejects.toMatchObject({ type: 'StorageUnavailable', nonRetryable: false });
  expect(await listAll(rig)).toMatchObject([{ files: 1 }]);
});
