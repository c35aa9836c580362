import { readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { beforeEach, expect, test } from 'vitest';
import type { ListedRun } from '../../../src/client/sources/all-backups.ts';
import { content } from '../../support/tree.ts';
import { openSourcesRig, type SourcesRig } from './sources-rig.ts';

let rig: SourcesRig;

beforeEach(async () => {
  rig = await openSourcesRig();
  await rig.define('sources:\n  web: {root: site, tags: [nightly]}\n');
});

const listed = async (...args: string[]) =>
  (await rig.rowsOf<ListedRun>('runs', ...args)).map(({ run, source }) => [source, run]);

test('without --source the runs of all sources are there, and latest means the newest', async () => {
  const { run: first } = await rig.backUp('web');
  const { run: second } = await rig.backUp('web');
  expect(await listed()).toEqual([
    ['web', second],
    ['web', first],
  ]);
  const text = await rig.run('runs');
  expect(text.stdout).toMatch(new RegExp(`SOURCE  ROOT\\n${second} .* web  +${rig.home}/site\\n`, 'u'));
  for (const args of [
    ['ls', 'latest'],
    ['ledger', first],
    ['find', 'a.txt'],
    ['find', join(rig.home, 'site/a.txt')],
  ])
    expect(await rig.run(...args), args.join(' ')).toMatchObject({ code: 0, stdout: expect.stringContaining('a.txt') });
});

test('the id of a run is found wherever the run is, by every command that takes one', async () => {
  const { run: named } = await rig.backUp('web');
  const { run: plain } = await rig.backUp('./photos');
  expect(await listed()).toEqual([
    [null, plain],
    ['web', named],
  ]);
  const several = await rig.run('ls', 'latest');
  expect(several).toMatchObject({ code: 1, stderr: expect.stringContaining(`${rig.home}/site`) });
  expect(several.stderr).toContain(`${rig.home}/photos`);
  const found = await rig.run('find', '**');
  expect(found.stdout).toContain(`${rig.home}/site/d/b.txt`);
  expect(found.stdout).toContain(`${rig.home}/photos/p.jpg`);
  expect((await rig.run('cat', named, 'a.txt')).code).toBe(0);
  expect((await rig.run('diff', named, plain)).stdout).toContain('+  p.jpg');
  expect((await rig.run('verify', named, '--worker')).code).toBe(0);
  expect((await rig.run('restore', named, '--target', join(rig.home, 'out'), '--worker')).code).toBe(0);
  expect(await readFile(join(rig.home, 'out/a.txt'))).toEqual(content(10));
  expect((await rig.run('retry', named, '--worker')).stderr).toContain('nothing to retry');
  const unknown = await rig.run('ls', '20261121T063324Z-b2d63b73');
  expect(unknown).toMatchObject({ code: 1, stderr: expect.stringContaining('the prefixes "web/", ""') });
  const both = await rig.run('forget', named, plain, '--force');
  expect(both).toMatchObject({ code: 1, stderr: expect.stringContaining('of several sources') });
  expect((await rig.run('forget', named, '--force')).code).toBe(0);
  expect(await listed()).toEqual([[null, plain]]);
});

test('a directory that is the root of a source is that source', async () => {
  const site = join(rig.home, 'site');
  const before = await rig.run('backup', site, '--worker', '--json');
  expect(before.stderr).toContain(`${site} is the source web of ${rig.home}/durable-backup.yaml`);
  const { run: runId } = await rig.backUp('web');
  const [, first] = await listed('--source', 'web');
  expect(await listed('--source', site)).toEqual([['web', runId], first]);
  expect(await rig.rowsOf<ListedRun>('runs')).toMatchObject([{ tags: ['nightly'] }, { tags: ['nightly'] }]);
  expect((await rig.run('ls', 'latest', '--source', './site')).stdout).toContain('a.txt');
  expect(await rig.rowsOf('status', '--source', site)).toMatchObject([{ source: 'web', health: 'ok' }]);
});

test('what was backed up before it was a source stays in sight, and a root of two sources is refused', async () => {
  const site = join(rig.home, 'site');
  await rm(join(rig.home, 'durable-backup.yaml'));
  const { run: early } = await rig.backUp(site);
  await rig.define('sources:\n  web: {root: site}\n  both: {root: site, prefix: other/}\n');
  expect(await listed('--source', site)).toEqual([[null, early]]);
  const { code, stderr } = await rig.run('backup', site, '--worker');
  expect([code, stderr]).toEqual([1, expect.stringContaining('the root of the sources web and both')]);
});
