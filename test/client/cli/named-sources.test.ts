import { mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { beforeEach, expect, inject, test } from 'vitest';
import type { RunInfo } from '../../../src/history/views/run-info.ts';
import type { ListedSource } from '../../../src/client/sources/sources-file.ts';
import { containerClient } from '../../support/stored-run.ts';
import { content } from '../../support/tree.ts';
import { untilPolled } from '../../support/until-polled.ts';
import { startCommand } from './command.ts';
import { bothSources, openSourcesRig, type SourcesRig } from './sources-rig.ts';

let rig: SourcesRig;

beforeEach(async () => {
  rig = await openSourcesRig();
});

async function blobNames(): Promise<string[]> {
  const names: string[] = [];
  for await (const { name } of containerClient(rig.env.BACKUP_CONTAINER).listBlobsFlat()) names.push(name);
  return names;
}

test('a source is backed up below its prefix, with all that its entry says, and its name finds the runs again', async () => {
  await rig.define(bothSources);
  await writeFile(join(rig.home, 'site/x.tmp'), 'left out');
  const { run: runId, files, root } = await rig.backUp('web');
  expect([files, root]).toEqual([2, join(rig.home, 'site')]);
  expect((await blobNames()).filter((name) => !name.startsWith('.'))).toEqual([
    `web${rig.home}/site/a.txt`,
    `web${rig.home}/site/d/b.txt`,
  ]);
  const [info] = await rig.rowsOf<RunInfo>('runs', '--source', 'web');
  expect(info).toMatchObject({ run: runId, root: join(rig.home, 'site'), tags: ['nightly'], state: 'complete' });
  expect((await rig.run('ls', 'latest', '--source', 'web')).stdout).toContain('a.txt');
  expect((await rig.run('cat', 'latest', 'd/b.txt', '--source', 'web')).code).toBe(0);
  expect((await rig.run('find', 'a.txt', '--source', 'web')).stdout).toContain('1 ');
  expect((await rig.run('ledger', 'latest', '--source', 'web')).stdout).toContain('a.txt');
  expect((await rig.run('diff', 'latest', runId, '--source', 'web')).code).toBe(0);
});

test('restore and verify go where the source is, whatever prefix their worker has', async () => {
  await rig.define(bothSources);
  await rig.backUp('photos');
  await rm(join(rig.home, 'photos'), { recursive: true });
  expect((await rig.run('restore', 'latest', '--source', 'photos', '--worker')).code).toBe(0);
  expect(await readFile(join(rig.home, 'photos/p.jpg'))).toEqual(content(300, 2));
  expect((await rig.run('verify', 'latest', '--source', 'photos', '--deep', '--worker')).code).toBe(0);
});

test('a run is named by the beginning of its id and by a date, wherever it is, the same for every command', async () => {
  await rig.define(bothSources);
  const [web, photos] = [await rig.backUp('web'), await rig.backUp('photos')];
  const begun = web.run.slice(0, -2);
  const target = ['--target', join(rig.home, 'out'), '--worker'];
  for (const [name = '', ...rest] of [
    ['ls'],
    ['cat', 'a.txt'],
    ['ledger'],
    ['diff', web.run],
    ['verify', '--worker'],
    ['retry', '--worker'],
    ['restore', ...target],
    ['accept'],
    ['forget', '--force'],
    ['forget', '--undo'],
  ]) {
    const ended = await rig.run(name, begun, ...rest);
    expect([name, ended.stderr, ended.code]).toEqual([name, expect.not.stringContaining('error'), 0]);
  }
  expect((await rig.run('find', 'a.txt', '--run', begun)).stdout).toContain('1 version');
  const year = web.run.slice(0, 4);
  for (const name of ['ls', 'ledger', 'restore', 'forget', 'accept']) {
    const several = await rig.run(name, year);
    expect([name, several.code, several.stderr]).toEqual([
      name,
      1,
      expect.stringMatching(/is the beginning of \d ids/u),
    ]);
    for (const { run } of [web, photos]) expect(several.stderr).toContain(run);
  }
  const [today = ''] = new Date().toISOString().split('T');
  expect((await rig.run('ls', today, '--source', 'photos')).stdout).toContain('p.jpg');
  expect((await rig.run('ls', '2020-01-01', '--source', 'photos')).stderr).toContain('begun by 2020-01-01');
  expect((await rig.run('forget', today)).stderr).toContain(`"${today}" is no id of a run`);
});

test('a worker elsewhere gets the prefix, the tags and the rest with the input', async () => {
  await rig.define(bothSources);
  const settings = { BACKUP_PREFIX: 'worker/', BACKUP_ROOTS: rig.home };
  await startCommand(['worker'], { env: { ...rig.env, ...settings } }).until(/worker is running/u);
  await untilPolled(inject('temporalAddress'), rig.env['TASK_QUEUE'] ?? '');
  const backup = await rig.run('backup', 'web', '--json');
  expect(backup.code, backup.stderr).toBe(0);
  expect((await rig.run('verify', 'latest', '--source', 'web')).code).toBe(0);
  expect((await rig.run('restore', 'latest', '--source', 'web', '--target', join(rig.home, 'out'))).code).toBe(0);
  expect(await readFile(join(rig.home, 'out/a.txt'))).toEqual(content(10));
  expect((await blobNames()).filter((name) => name.startsWith('worker/'))).toEqual([]);
});

test('a word is a source before it is a directory, and a path is a directory', async () => {
  await rig.define('sources:\n  photos:\n    root: site\n');
  expect((await rig.backUp('photos')).root).toBe(join(rig.home, 'site'));
  expect((await rig.backUp('./photos')).root).toBe(join(rig.home, 'photos'));
  await rig.define('sources:\n  web:\n    root: photos\n');
  const plain = await rig.run('backup', 'site', '--worker', '--json');
  expect(JSON.parse(plain.stdout)).toMatchObject({ root: join(rig.home, 'site'), complete: true });
  expect(plain.stderr).toContain('site is no source of');
});

test('paths need no sources file, and a broken one is in no way of theirs', async () => {
  await rig.define('sources: [');
  expect((await rig.backUp('./site')).root).toBe(join(rig.home, 'site'));
  const named = await rig.run('backup', 'site', '--json');
  expect([named.code, named.stderr]).toEqual([1, expect.stringContaining(`durable-backup.yaml:1:11: `)]);
});

test.each([
  [
    'a word that is nothing',
    ['backup', 'photo', '--worker'],
    /does not exist: give the path of a directory.*did you mean the source photos of/u,
  ],
  ['a root that is gone', ['backup', 'gone', '--worker'], /gone does not exist/u],
  [
    'a source with a worker, and one of its own',
    ['backup', 'far', '--worker'],
    /worker nas names workers that run elsewhere/u,
  ],
  ['workers for a source', ['backup', 'web', '--worker-name', 'nas'], /the source web says itself/u],
  ['a file that is not there', ['sources', '--config', 'nowhere.yaml'], /nowhere\.yaml cannot be read \(ENOENT\)/u],
  ['an empty name of a file', ['sources', '--config', ''], /It is empty/u],
  ['a name that is none', ['runs', '--source', ''], /It is empty/u],
])('%s is refused', async (_, args, why) => {
  await rig.define(`${bothSources}  gone: {root: gone}\n  far: {root: /srv/far, worker: nas}\n`);
  const { code, stderr } = await rig.run(...args);
  expect([code, stderr]).toEqual([1, expect.stringMatching(why)]);
});

test('sources lists what there is, with the last success, and keeps secret whom it tells', async () => {
  await rig.define(`${bothSources}    notify: {failure: [{webhook: 'https://example.org/secret'}]}\n`);
  await rig.backUp('web');
  const listed = await rig.rowsOf<ListedSource>('sources');
  expect(listed.map(({ name, prefix, lastSuccess }) => [name, prefix, lastSuccess !== null])).toEqual([
    ['web', 'web/', true],
    ['photos', 'pictures/', false],
  ]);
  expect(JSON.stringify(listed)).not.toContain('secret');
  expect((await rig.run('sources')).stdout).toMatch(/^NAME +ROOT.*\nweb .*\nphotos .* never\n$/u);
  await rm(join(rig.home, 'durable-backup.yaml'));
  expect((await rig.run('sources')).stderr).toContain('durable-backup init');
});

test('init writes a file that can be used as it is, and never over another', async () => {
  await mkdir(join(rig.home, 'My site'));
  await writeFile(join(rig.home, 'My site/a'), 'a');
  const { code, stdout } = await rig.run('init', 'My site', '--json');
  expect([code, JSON.parse(stdout)]).toEqual([
    0,
    { file: join(rig.home, 'durable-backup.yaml'), source: 'My-site', root: join(rig.home, 'My site') },
  ]);
  const text = await readFile(join(rig.home, 'durable-backup.yaml'), 'utf8');
  expect(text).toMatch(/^# yaml-language-server: \$schema=.*durable-backup\.schema\.json\n/u);
  expect((await rig.backUp('My-site')).files).toBe(1);
  const again = await rig.run('init', 'site');
  expect([again.code, again.stderr]).toEqual([1, expect.stringContaining('is there already and stays as it is')]);
  expect(await readFile(join(rig.home, 'durable-backup.yaml'), 'utf8')).toBe(text);
  expect((await rig.run('init', 'nowhere', '--config', 'other.yaml')).stderr).toContain('does not exist');
});
