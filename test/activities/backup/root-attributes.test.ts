import { execFileSync } from 'node:child_process';
import { chmod } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { readManifest } from '../../../src/history/records/read-manifest.ts';
import { writeTree } from '../../support/tree.ts';
import { openRig } from '../rig.ts';
import { backUpWhole } from './whole-run.ts';

const { signal } = new AbortController();

test('mode and times of the root itself are in the manifest, as they were when the run was opened', async () => {
  const rig = await openRig();
  await writeTree(rig.root, { a: 1 });
  await chmod(rig.root, 0o2750);
  execFileSync('touch', ['-d', '@-2000.5', rig.root]);
  const { run } = await backUpWhole(rig);
  const { manifest } = (await readManifest(rig.deps.store, { prefix: '', id: run.id }, signal)) ?? {};
  expect(manifest?.rootAttributes).toMatchObject({ mode: 0o2750, mtimeNs: '-2000500000000' });
});

test.each([
  ['seconds of the year 1901', '-2147483648', '-2147483648000000000'],
  ['seconds beyond the year 2400', '15032385535', '15032385535000000000'],
])(
  'a file with a modification time of %s is backed up with just that, and is unchanged then',
  async (_, time, mtimeNs) => {
    const rig = await openRig();
    await writeTree(rig.root, { a: 1 });
    execFileSync('touch', ['-d', `@${time}`, join(rig.root, 'a')]);
    expect((await backUpWhole(rig)).entries.get('a')).toMatchObject({ outcome: 'uploaded', mtimeNs });
    expect((await backUpWhole(rig)).entries.get('a')).toMatchObject({ outcome: 'unchanged', mtimeNs, attempts: 0 });
  },
);
