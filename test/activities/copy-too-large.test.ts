import { statSync } from 'node:fs';
import { expect, test } from 'vitest';
import { createBlockReader } from '../../src/activities/copy/blocks/read-in-blocks.ts';
import { createFileCopier } from '../../src/activities/copy/copy-file.ts';
import { maxBlobBytes } from '../../src/activities/copy/plan-blocks.ts';
import { writeTree } from '../support/tree.ts';
import { blobNames, openRig } from './rig.ts';

test('a file that no blob can hold fails at once with its reason, and nothing is sent', async () => {
  const rig = await openRig();
  await writeTree(rig.root, { vast: 10 });
  // Few file systems can hold such a file, even a sparse one.
  const stat = () =>
    Object.assign(statSync(`${rig.root}/vast`, { bigint: true }), { size: BigInt(maxBlobBytes) + 1n, ctimeMs: 0n });
  const unread = () => Promise.reject(new Error('it was read'));
  const copyFile = createFileCopier({
    ...rig.deps,
    run: rig.run,
    realRoot: rig.root,
    signal: new AbortController().signal,
    checkDirectory: () => Promise.resolve(),
    isLocal: () => Promise.resolve(true),
    openFile: () => Promise.resolve({ fd: -1, stat, read: unread, close: () => undefined }),
    readInBlocks: createBlockReader(),
    mayExist: false,
    onBytes: () => undefined,
  });

  await expect(
    copyFile({ path: 'vast', kind: 'file', size: 10, mtimeNs: '0', ctimeNs: '0', mode: 0o644 }),
  ).resolves.toMatchObject({
    outcome: 'failed',
    size: maxBlobBytes + 1,
    reason: 'larger than the 190.7 TiB that a blob can hold: split it',
  });
  expect(await blobNames(rig)).toEqual([]);
});
