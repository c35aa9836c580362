import { expect, test } from 'vitest';
import { writeTree } from '../../support/tree.ts';
import { openRig, perform } from '../rig.ts';

test('of more paths than an answer should hold, the first are told and the others counted', async () => {
  const { root, activities } = await openRig();
  const names = Array.from({ length: 1200 }, (_, i) => `${'n'.repeat(200)}${String(i).padStart(4, '0')}`);
  await writeTree(root, Object.fromEntries(names.map((name) => [name, 1])));
  const { rows, moreRows, counts, uploadBytes } = await perform(activities.previewBackup, [{ root }]);
  expect(rows.length).toBeGreaterThan(100);
  expect(Buffer.byteLength(JSON.stringify(rows))).toBeLessThan(300 * 1024);
  expect(rows.map(({ path }) => path)).toEqual(names.slice(0, rows.length));
  expect(rows.length + moreRows).toBe(1200);
  expect([counts.upload, uploadBytes]).toEqual([1200, 1200]);
});
