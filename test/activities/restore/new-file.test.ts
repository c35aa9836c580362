import { readFile, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import type { RestoreEntry } from '../../../src/activities/restore/ledger.ts';
import { makeSmallFile, makeSmallFileInPool } from '../../../src/activities/restore/write/write-file.ts';
import { content, temporaryDirectory } from '../../support/tree.ts';

const block = 64 * 1024;

const ways = [
  ['in this thread', async (...file: Parameters<typeof makeSmallFile>) => makeSmallFile(...file)],
  ['in the pool', (...file: Parameters<typeof makeSmallFile>) => makeSmallFileInPool(...file, true)],
] as const;

function entryOf(bytes: Buffer): RestoreEntry {
  return { path: 'a', kind: 'file', size: bytes.length, mtimeNs: '1700000000123456000', mode: 0o640 };
}

test.each(ways)(
  'a file made %s has its bytes, its time and its permissions, and holes for long zeros',
  async (_, make) => {
    const root = await temporaryDirectory();
    const bodies = {
      empty: Buffer.alloc(0),
      plain: content(1000),
      sparse: Buffer.concat([Buffer.alloc(block), content(block), Buffer.alloc(2 * block)]),
    };
    for (const [name, bytes] of Object.entries(bodies)) {
      const location = join(root, name);
      await make(Buffer.from(location), bytes, entryOf(bytes));
      expect((await readFile(location)).equals(bytes)).toBe(true);
      const { mode, mtimeNs, blocks } = await stat(location, { bigint: true });
      expect([mode & 0o7777n, mtimeNs / 1000n]).toEqual([0o640n, 1700000000123456n]);
      expect(Number(blocks) * 512).toBeLessThanOrEqual(2 * block);
    }
  },
);

test.each(ways)('nothing that is there already is written to %s', async (_, make) => {
  const location = join(await temporaryDirectory(), 'there');
  await writeFile(location, 'mine');
  await expect(make(Buffer.from(location), content(10), entryOf(content(10)))).rejects.toMatchObject({
    code: 'EEXIST',
  });
  expect(await readFile(location, 'utf8')).toBe('mine');
});
