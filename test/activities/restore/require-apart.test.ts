import { mkdir, realpath, symlink } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { createActivities } from '../../../src/activities/index.ts';
import { writeTree } from '../../support/tree.ts';
import { backUpRun } from '../verify/rig.ts';
import { open, openRestoreRig, restoreRun, snapshotOf, type RestoreRig } from './rig.ts';

/** A rig whose program and data lie in the allowed directory, as in a clone that is its own working directory. */
async function besideItself(): Promise<RestoreRig & { code: string; data: string }> {
  const rig = await openRestoreRig();
  await writeTree(rig.root, { 'a.txt': 3, 'target/code.js': 5, 'target/sub/b.txt': 7, 'site/c.txt': 9, 'site-2': 1 });
  await backUpRun(rig);
  const [code, data] = [join(rig.around, 'target'), join(rig.around, 'target', 'store', '.data')];
  await writeTree(data, { db: 10 });
  const link = join(rig.around, 'linked-data');
  await symlink(data, link);
  const deps = { ...rig.deps, ownFolders: [code, link, join(rig.around, 'not-there')] };
  return { ...rig, deps, activities: createActivities(deps), code, data };
}

test("no restore goes into the program's own folders, or over them, or takes them away", async () => {
  const rig = await besideItself();
  const before = snapshotOf(rig.around);
  for (const [input, why] of [
    [{ target: rig.code }, `lies in ${rig.code}`],
    [{ target: join(rig.code, 'new', 'folder') }, `lies in ${rig.code}`],
    [{ target: rig.data }, `lies in ${rig.code}`],
    [{ target: rig.around }, `holds ${rig.code}, and run ${rig.run.id} would write there`],
    [{ target: rig.around, dryRun: true }, `holds ${rig.code}, and run ${rig.run.id} would write there`],
    [{ target: rig.around, paths: ['**/*.txt'] }, 'would write there'],
    [
      { target: rig.around, paths: ['a.txt'], delete: true, force: true },
      `holds ${rig.code}, and delete could take it away`,
    ],
  ] as const) {
    await expect(open(rig, input)).rejects.toMatchObject({
      type: 'InvalidInput',
      message: expect.stringContaining(why) as string,
    });
  }
  expect(snapshotOf(rig.around)).toEqual(before);
});

test('a restore beside them goes on', async () => {
  const rig = await besideItself();
  await mkdir(join(rig.around, 'else'));
  const { tally } = await restoreRun(rig, { target: rig.around, paths: ['a.txt', 'site', 'site-2'] });
  expect(tally).toMatchObject({ failed: 0 });
  expect(await realpath(join(rig.around, 'site', 'c.txt'))).toBe(join(rig.around, 'site', 'c.txt'));
  await restoreRun(rig, { target: join(rig.around, 'else'), delete: true, force: true });
  expect(await realpath(join(rig.around, 'else', 'target', 'code.js'))).toContain('else/target/code.js');
});
