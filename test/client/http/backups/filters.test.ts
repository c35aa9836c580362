import { realpath, symlink } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import type { BackupSummary } from '../../../../src/contracts/backup.ts';
import { temporaryDirectory, writeTree } from '../../../support/tree.ts';
import { postJson, startApi, startWorker } from '../harness.ts';
import { follow, problemOf, rowsOf } from './rig.ts';

test('a backup takes filters, whatever the case of their names, and its ledger holds what they leave', async () => {
  const api = await startApi();
  await startWorker(api);
  const root = join(api.root, 'source');
  await writeTree(root, { 'a.log': 1, 'b/c': 2, 'b/large': 2000, 'd/e': 3 });
  await symlink('b', join(root, 'link'));
  const filters = { Exclude: ['*.log', 'd/'], largerthan: 1000, followSymlinks: true };
  const { output } = await follow(`${api.url}/api/backups`, { root, filters });
  const summary = output as BackupSummary;
  expect(summary).toMatchObject({ files: 2, bytes: 4, excluded: 4 });
  const rows = await rowsOf(await fetch(`${api.url}/api/backups/${summary.runId}/ledger`));
  expect(rows.map(({ path }) => path)).toEqual(['b', 'b/c', 'link', 'link/c']);
});

test.each([
  [{ exclude: ['../x'] }, 'filters.exclude.0: is not relative to the root'],
  [{ excludes: [] }, 'filters: "excludes" is not known; did you mean exclude?'],
  [{ largerThan: '1GiB' }, 'filters.largerThan: '],
  [{ excludeIfPresent: ['a/b'] }, 'filters.excludeIfPresent.0: must be a name'],
])('filters %j are a 400 that says what is wrong', async (filters, says) => {
  const api = await startApi();
  const root = await realpath(await temporaryDirectory());
  const refused = await postJson(`${api.url}/api/backups`, JSON.stringify({ root, filters }));
  expect(await problemOf(refused)).toEqual({ status: 400, detail: expect.stringContaining(says) });
});
