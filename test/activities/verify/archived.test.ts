import { join } from 'node:path';
import { readFile, writeFile } from 'node:fs/promises';
import { expect, test } from 'vitest';
import { brief, openRestoreRig, restoreRun, type RestoreRig } from '../restore/rig.ts';
import { backUp, nameOf } from '../rig.ts';
import { writeTree } from '../../support/tree.ts';
import { backUpRun, outcomes, verify } from './rig.ts';

const advice = 'set its tier to Hot or Cool';

/** One run, of which `cold` was moved into the archive tier. */
async function openArchived(): Promise<RestoreRig> {
  const rig = await openRestoreRig();
  await writeTree(rig.root, { cold: 10, warm: 20 });
  await backUpRun(rig);
  await rig.container.getBlobClient(nameOf(rig, 'cold')).setAccessTier('Archive');
  return rig;
}

test('what is in the archive tier is counted apart from what is intact, and is no failure', async () => {
  const rig = await openArchived();
  const { tally, rows, report } = await verify(rig);
  expect(tally).toMatchObject({ files: 2, intact: 1, archived: 1, missing: 0, corrupt: 0, extra: 0, failed: 0 });
  expect(report.complete).toBe(true);
  expect(outcomes({ rows })).toEqual({ cold: 'archived', warm: 'intact' });
  expect(rows[0]?.reason).toContain(advice);
});

test('what is in the archive tier and was to be read could not be checked, and the reason says what to do', async () => {
  const rig = await openArchived();
  const { tally, rows } = await verify(rig, { deep: true });
  expect(tally).toMatchObject({ files: 2, intact: 1, missing: 0, corrupt: 0, failed: 1 });
  expect(outcomes({ rows })).toEqual({ cold: 'failed', warm: 'intact' });
  expect(rows[0]?.reason).toMatch(/BlobArchived.*set its tier to Hot or Cool/u);
});

test('a restore brings back all but what is in the archive tier, and says what to do about that', async () => {
  const rig = await openArchived();
  const { rows, tally } = await restoreRun(rig);
  expect(tally).toMatchObject({ failed: 1 });
  expect(brief(rows)).toMatchObject({ cold: expect.stringContaining(advice), warm: 'restored' });
  expect((await readFile(join(rig.target, 'warm'))).length).toBe(20);
});

test('a file whose blob is in the archive tier and has changed is a failure of that file, which says what to do', async () => {
  const rig = await openArchived();
  await writeFile(join(rig.root, 'cold'), 'changed');
  await writeFile(join(rig.root, 'warm'), 'changed too');
  const copied = await backUp({ ...rig, run: { ...rig.run, id: '20260103T030405Z-0123abcd', base: rig.run.id } });
  expect(copied.get('warm')).toMatchObject({ outcome: 'uploaded' });
  expect(copied.get('cold')).toMatchObject({ outcome: 'failed', attempts: 1, reason: expect.stringContaining(advice) });
});
