import { truncate, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { writeTree } from '../../../support/tree.ts';
import { blobNames, copyAll, listAll, nameOf, openRig } from '../../rig.ts';

test.each([
  [507, 'InsufficientStorage', 'storage is full: free space there'],
  [403, 'InsufficientAccountPermissions', 'the account takes no writes'],
  [403, 'AccountIsDisabled', 'the account is switched off'],
  [409, 'BlockCountExceedsLimit', 'too many blocks of this blob wait to be committed'],
])(
  'where storage answers %d %s in the middle of a vast file, that file fails at once and the others are stored',
  async (status, code, advice) => {
    const rig = await openRig();
    await writeTree(rig.root, { a: 10, z: 20 });
    await writeFile(join(rig.root, 'vast'), '');
    await truncate(join(rig.root, 'vast'), 300e9);
    const isBlock = ({ query }: { readonly query: URLSearchParams }) => query.get('comp') === 'block';
    let blocks = 0;
    rig.proxy.rule((request) => (isBlock(request) && ++blocks > 3 ? { status, code } : undefined));
    const outcomes = await copyAll(rig, await listAll(rig));
    expect(outcomes.get('vast')).toMatchObject({
      outcome: 'failed',
      size: 300e9,
      reason: expect.stringMatching(
        new RegExp(`^stage a block of .*/vast: .* answered ${status} ${code} \\(${advice}`, 'u'),
      ),
    });
    expect(await blobNames(rig)).toEqual([nameOf(rig, 'a'), nameOf(rig, 'z')]);
    // Three went well; of those that were under way beside the fourth each was refused once.
    expect(blocks).toBeLessThanOrEqual(3 + 4);
  },
);
