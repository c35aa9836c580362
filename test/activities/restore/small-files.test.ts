import { mkdtemp, readdir, readFile, realpath, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { createActivities } from '../../../src/activities/index.ts';
import { writeTree } from '../../support/tree.ts';
import { backUpRun } from '../verify/rig.ts';
import {
  brief,
  copyPages,
  fetches,
  listPages,
  open,
  openRestoreRig,
  restoreRun,
  seal,
  snapshotOf,
  type RestoreRig,
} from './rig.ts';

const names = Array.from({ length: 40 }, (_, i) => `f${String(i).padStart(2, '0')}`);
const tree = Object.fromEntries(names.flatMap((name, i) => [[name, i * 7] as const, [`d/e${i % 3}/${name}`, 1 + i]]));

/** A rig with a run of 80 small files, which one copy takes. */
async function smallFiles(): Promise<RestoreRig> {
  const rig = await openRestoreRig({ smallTreeFiles: 0 });
  await writeTree(rig.root, tree);
  await backUpRun(rig);
  return rig;
}

async function contents(root: string): Promise<Map<string, Buffer>> {
  const paths = Object.keys(tree);
  return new Map(await Promise.all(paths.map(async (path) => [path, await readFile(join(root, path))] as const)));
}

async function temporaries({ target }: RestoreRig): Promise<string[]> {
  return (await readdir(target, { recursive: true })).filter((name) => name.includes('.durable-restore-'));
}

test('many small files come back as they were, on a disk and in memory', async () => {
  const rig = await smallFiles();
  const inMemory = await realpath(await mkdtemp('/dev/shm/durable-backup-'));
  onTestFinished(() => rm(inMemory, { recursive: true }));
  const roots = [...rig.deps.roots, inMemory];
  const activities = createActivities({ ...rig.deps, roots });
  for (const target of [rig.target, join(inMemory, 'target')]) {
    const { tally } = await restoreRun({ ...rig, activities, target });
    expect(tally).toMatchObject({ restored: 80, failed: 0 });
    expect(snapshotOf(target)).toEqual(snapshotOf(rig.root));
    expect(await contents(target)).toEqual(await contents(rig.root));
  }
});

test('what was written before storage went away is in its place, and the next attempt fetches only the rest', async () => {
  const rig = await smallFiles();
  const restore = await open(rig);
  const pages = await listPages(rig, restore);
  const isLost = fetches(rig, 'f30');
  const remove = rig.proxy.rule((request) => (isLost(request) ? { status: 503 } : undefined));
  await expect(copyPages(rig, restore, pages)).rejects.toMatchObject({ type: 'StorageUnavailable' });
  expect(await temporaries(rig)).toEqual([]);
  const there = (await readdir(rig.target)).filter((name) => name.startsWith('f'));
  expect(there).toContain('f01');
  expect(there).not.toContain('f30');
  remove();
  const from = rig.proxy.requests.length;
  await copyPages(rig, restore, pages, 2);
  const fetched = rig.proxy.requests.slice(from);
  expect(fetched.some(fetches(rig, 'f30'))).toBe(true);
  expect(fetched.some(fetches(rig, 'f01'))).toBe(false);
  expect((await seal(rig, restore, pages)).tally).toMatchObject({ restored: 80, failed: 0 });
  expect(snapshotOf(rig.target)).toEqual(snapshotOf(rig.root));
});

test('a place that is taken while others are fetched stays as it is where nothing may be overwritten', async () => {
  const rig = await smallFiles();
  const restore = await open(rig, { overwrite: 'never' });
  const pages = await listPages(rig, restore);
  const last = rig.proxy.hold(fetches(rig, 'f39'));
  const copying = copyPages(rig, restore, pages);
  await last.reached;
  await writeFile(join(rig.target, 'f01'), 'work of today');
  last.release();
  await copying;
  const { rows } = await seal(rig, restore, pages);
  expect(brief(rows)).toMatchObject({ f00: 'restored', f01: 'kept', f39: 'restored' });
  expect(await readFile(join(rig.target, 'f01'), 'utf8')).toBe('work of today');
  expect(await temporaries(rig)).toEqual([]);
});

test('nothing is in its place before all of its pack is written', async () => {
  const rig = await smallFiles();
  const restore = await open(rig);
  const pages = await listPages(rig, restore);
  const last = rig.proxy.hold(fetches(rig, 'f39'));
  const copying = copyPages(rig, restore, pages);
  await last.reached;
  expect((await readdir(rig.target)).filter((name) => name.startsWith('f'))).toEqual([]);
  last.release();
  await copying;
  expect((await readdir(rig.target)).filter((name) => name.startsWith('f'))).toEqual(names);
});
