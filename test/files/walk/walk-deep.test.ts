import { execFileSync } from 'node:child_process';
import { readdirSync, realpathSync } from 'node:fs';
import { expect, test } from 'vitest';
import { walk } from '../../../src/files/walk/walk.ts';
import type { PageEntry } from '../../../src/contracts/manifest.ts';
import { deepTree } from '../../support/deep-tree.ts';

/** The longest path that the system opens, without the null character at its end. */
const longest = 4095;

async function walkDeep(root: string): Promise<{ good: PageEntry[]; bad: PageEntry[] }> {
  const entries = await Array.fromAsync(walk(realpathSync(root)));
  const isGood = ({ error }: PageEntry) => error === undefined;
  return { good: entries.filter(isGood), bad: entries.filter((entry) => !isGood(entry)) };
}

test('of folders nested 10,000 deep, all that the system can open is listed, and the first that it cannot is an error', async () => {
  const root = await deepTree(
    Array.from({ length: 10_000 }, () => 'd'),
    (level) => level % 100 === 0,
  );
  const { good, bad } = await walkDeep(root);
  const levels = Math.floor((longest - realpathSync(root).length) / 2);
  expect(good.filter(({ kind }) => kind === 'directory')).toHaveLength(levels);
  expect(good.filter(({ kind }) => kind === 'file')).toHaveLength(Math.floor(levels / 100));
  expect(bad.map(({ path, kind }) => [path.length, kind])).toEqual([[(levels + 1) * 2 - 1, 'directory']]);
  expect(bad[0]?.error).toMatch(/^ENAMETOOLONG: its path has 409\d bytes, more than the system opens; shorten/u);
});

test.each([14, 15, 16])(
  'names of 255 bytes are listed %i levels deep as far as the system opens them',
  async (depth) => {
    const root = await deepTree(
      Array.from({ length: depth }, () => 'n'.repeat(255)),
      () => true,
    );
    const { good, bad } = await walkDeep(root);
    const fits = ({ path }: PageEntry) => `${realpathSync(root)}/${path}`.length <= longest;
    const found = execFileSync('find', ['.', '-mindepth', '1', '-printf', '%d %y\\n'], { cwd: root }).toString().trim();
    expect(found.split('\n')).toHaveLength(2 * depth);
    expect(good.every(fits)).toBe(true);
    expect(bad.some(fits)).toBe(false);
    expect(good.filter(({ kind }) => kind === 'file')).toHaveLength(Math.min(depth, 15));
    expect(bad.every(({ error = '' }) => error.startsWith('ENAMETOOLONG: its path has'))).toBe(true);
    expect(bad).toHaveLength(depth === 16 ? 1 : 0);
    expect(readdirSync(root)).toHaveLength(1);
  },
);
