import { statSync } from 'node:fs';
import { rename, symlink } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { createFileOpener } from '../../../../src/files/open-file.ts';
import { maxBlobBytes } from '../../../../src/activities/backup/copy/blocks/plan-blocks.ts';
import { writeTree } from '../../../support/tree.ts';
import { copierOf, entryOf } from './copier.ts';
import { backUp, blobNames, openRig } from '../../rig.ts';

test('names that hold what ends a line elsewhere are copied as any other', async () => {
  const rig = await openRig();
  await writeTree(rig.root, { 'a\u2028b': 10, 'c\u2029d': 20, 'e\u0085f\rg\nh': 30 });
  const copied = await backUp(rig);
  expect([...copied].map(([path, { outcome, size }]) => `${path} ${outcome} ${size}`).toSorted()).toEqual([
    'a\u2028b uploaded 10',
    'c\u2029d uploaded 20',
    'e%C2%85f%0Dg%0Ah uploaded 30',
  ]);
});

test('a file that no blob can hold fails at once with its reason, and nothing is sent', async () => {
  const rig = await openRig();
  await writeTree(rig.root, { vast: 10 });
  // Few file systems can hold such a file, even a sparse one.
  const stat = () =>
    Object.assign(statSync(`${rig.root}/vast`, { bigint: true }), { size: BigInt(maxBlobBytes) + 1n, ctimeMs: 0n });
  const unread = () => Promise.reject(new Error('it was read'));
  const openFile = () => Promise.resolve({ fd: -1, stat, read: unread, close: () => undefined });
  await expect(copierOf(rig, { openFile })(entryOf('vast'))).resolves.toMatchObject({
    outcome: 'failed',
    size: maxBlobBytes + 1,
    reason: 'larger than the 190.7 TiB that a blob can hold: split it',
  });
  expect(await blobNames(rig)).toEqual([]);
});

// Elsewhere the system does not tell where an open file lies.
test.runIf(process.platform === 'linux')(
  'of a folder that becomes a symlink between the look at it and the opening of its file, nothing is read',
  async () => {
    const [rig, outside] = [await openRig(), await openRig()];
    await writeTree(rig.root, { 'd/secret': 10 });
    await writeTree(outside.root, { secret: 10 });
    const openLocal = createFileOpener();
    const openFile: typeof openLocal = async (file) => {
      await rename(join(rig.root, 'd'), join(rig.root, 'moved'));
      await symlink(outside.root, join(rig.root, 'd'));
      return openLocal(file);
    };
    expect(await copierOf(rig, { openFile })(entryOf('d/secret'))).toMatchObject({
      outcome: 'failed',
      reason: `now leads to ${outside.root}/secret, outside what may be backed up`,
    });
    expect(await blobNames(rig)).toEqual([]);
  },
);
