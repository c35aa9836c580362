import { chmod, mkdir, stat, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, inject, onTestFinished, test } from 'vitest';
import { createActivities } from '../../../src/activities/index.ts';
import { attributesOf } from '../../../src/files/stat.ts';
import { rootFileSystem } from '../../../src/files/mounts.ts';
import type { Run } from '../../../src/contracts/backup.ts';
import { defaultJobOptions } from '../../../src/contracts/job.ts';
import { openBlobStore } from '../../../src/storage/open-blob-store.ts';
import { runAsNobody, runAsReader } from '../../support/as-nobody.ts';
import { writeTree } from '../../support/tree.ts';
import { openRig, perform, type Rig } from '../rig.ts';
import { backUpRun } from '../verify/rig.ts';

const startedAt = '2026-01-02T03:04:05.678Z';

async function open({ activities }: Rig, root: string, runId = 'run-1'): Promise<Run> {
  const workflowExecution = { workflowId: 'nightly', runId };
  return (await perform(activities.openRun, [{ root }, startedAt], { workflowExecution })).run;
}

test('a run is fixed with its id, root, container and options', async () => {
  const rig = await openRig();
  const { deps, container } = rig;
  const activities = createActivities({ ...deps, prefix: 'hosts/web-1/' });
  const input = { root: `${rig.root}/x/..`, options: { window: 3 } };
  const { run, rootAttributes } = await perform(activities.openRun, [input, startedAt]);
  // What only the commit needs travels with no other activity.
  expect(rootAttributes).toEqual(attributesOf(await stat(rig.root, { bigint: true })));
  expect(run).toEqual({
    id: expect.stringMatching(/^20260102T030405Z-[0-9a-f]{8}$/u),
    root: rig.root,
    container: container.containerName,
    prefix: 'hosts/web-1/',
    options: { ...defaultJobOptions, window: 3 },
    fileSystem: await rootFileSystem(rig.root),
  });
});

test('below a prefix that storage does not keep as it is no backup begins, and what is there is restored', async () => {
  const rig = await openRig();
  const before = { ...rig, run: { ...rig.run, prefix: 'a./' } };
  await writeTree(rig.root, { kept: 3 });
  await backUpRun(before);
  const activities = createActivities({ ...rig.deps, prefix: 'a./' });
  await expect(perform(activities.openRun, [{ root: rig.root }, startedAt])).rejects.toMatchObject({
    type: 'InvalidInput',
    message: expect.stringMatching(
      /^BACKUP_PREFIX: "a\.\/" must be empty or plain folder names, .* none ending in a dot/u,
    ),
  });
  const target = join(rig.root, 'target');
  const input = { run: before.run.id, target, options: rig.run.options };
  expect(await perform(activities.openRestore, [input, startedAt])).toMatchObject({
    prefix: 'a./',
    run: before.run.id,
  });
  expect(await perform(activities.openVerification, [{ run: before.run.id }, startedAt])).toMatchObject({
    prefix: 'a./',
  });
});

test('every attempt of one workflow opens the same run, and another workflow another', async () => {
  const rig = await openRig();
  const [first, again, other] = [
    await open(rig, rig.root),
    await open(rig, rig.root),
    await open(rig, rig.root, 'run-2'),
  ];
  expect(again).toEqual(first);
  expect(other.id).not.toBe(first.id);
});

test("an empty root is the worker's own directory", async () => {
  const rig = await openRig();
  expect((await open(rig, '')).root).toBe(rig.root);
});

test('a symlink to an allowed directory keeps the name that the caller gave it', async () => {
  const rig = await openRig();
  await mkdir(join(rig.root, 'site'));
  await symlink(join(rig.root, 'site'), join(rig.root, 'link'));
  expect((await open(rig, join(rig.root, 'link'))).root).toBe(join(rig.root, 'link'));
});

test('the container is made when it is missing', async () => {
  const rig = await openRig();
  await rig.container.delete();
  onTestFinished(async () => void (await rig.container.createIfNotExists()));
  await open(rig, rig.root);
  expect(await rig.container.exists()).toBe(true);
});

test.each([
  ['is relative', 'site', 'InvalidInput', "root: site is relative; give the absolute path on the worker's machine"],
  ['holds a null character', '/srv\0', 'InvalidInput', 'root: holds a null character, which no path can'],
  ['does not exist', '@/absent', 'RootNotFound', "@/absent does not exist on the worker's machine"],
  ['is a file', '@/file', 'RootNotDirectory', '@/file is not a directory: give the directory that holds it'],
  ['leads through a file', '@/file/x', 'RootNotDirectory', '@/file/x leads through something that is not a directory'],
  [
    'is outside',
    '/etc',
    'RootNotAllowed',
    '/etc is outside the directories that this worker may read (@): add it to BACKUP_ROOTS of the worker',
  ],
  [
    'leads outside',
    '@/out',
    'RootNotAllowed',
    '@/out is outside the directories that this worker may read (@): add it to BACKUP_ROOTS of the worker',
  ],
  [
    'leads nowhere',
    '@/loop',
    'RootUnreadable',
    "@/loop cannot be read (ELOOP): give the worker's user permission to list it",
  ],
])('a root that %s is a failure of its own, which is not retried', async (_, root, type, message) => {
  const rig = await openRig();
  await writeFile(join(rig.root, 'file'), 'x');
  await symlink('/etc', join(rig.root, 'out'));
  await symlink('loop', join(rig.root, 'loop'));
  const at = (text: string) => text.replaceAll('@', rig.root);
  await expect(open(rig, at(root))).rejects.toMatchObject({ type, message: at(message), nonRetryable: true });
});

test('a root without permission is a failure that names the code', async () => {
  const { root, container } = await openRig();
  await chmod(root, 0o000);
  onTestFinished(() => chmod(root, 0o700));
  const program = new URL('../activities-process.ts', import.meta.url);
  const printed = await runAsNobody(program, inject('connectionString'), container.containerName, root);
  expect(JSON.parse(printed)).toEqual({
    type: 'RootUnreadable',
    message: `${root} cannot be read (EACCES): give the worker's user permission to list it`,
  });
});

test('a root that no permission but a capability opens is backed up with what is in it', async () => {
  const { root, container } = await openRig();
  await writeTree(root, { secret: 5 });
  // Who is not root cannot give a capability away, but is the owner, whom these permissions let in.
  const [folder, file] = process.getuid?.() === 0 ? [0o000, 0o000] : [0o500, 0o400];
  await chmod(join(root, 'secret'), file);
  await chmod(root, folder);
  onTestFinished(() => chmod(root, 0o700));
  const program = new URL('../activities-process.ts', import.meta.url);
  const printed = await runAsReader(program, inject('connectionString'), container.containerName, root);
  expect(JSON.parse(printed)).toMatchObject({ tally: { files: 1, uploaded: 1, failed: 0 } });
});

test('storage that refuses is not retried, storage that is away is', async () => {
  const rig = await openRig();
  const remove = rig.proxy.rule(() => ({ status: 403, code: 'AuthenticationFailed' }));
  await expect(open(rig, rig.root)).rejects.toMatchObject({ type: 'StorageRefused', nonRetryable: true });
  remove();
  rig.proxy.rule(() => ({ status: 503 }));
  await expect(open(rig, rig.root)).rejects.toMatchObject({ type: 'StorageUnavailable', nonRetryable: false });
  const nowhere = openBlobStore({ connectionString: rig.proxy.connectionString }, rig.container.containerName);
  await rig.proxy.close();
  const activities = createActivities({ ...rig.deps, store: nowhere });
  const failure = perform(activities.openRun, [{ root: rig.root }, startedAt]);
  await expect(failure).rejects.toMatchObject({
    type: 'StorageUnavailable',
    message: expect.stringContaining(nowhere.url),
  });
});

test('a run is below the prefix that its input names, whatever the worker has', async () => {
  const rig = await openRig();
  const { activities, container } = rig;
  const input = { root: rig.root, prefix: 'site/', uploadLimit: 2048 };
  const { run } = await perform(activities.openRun, [input, startedAt]);
  expect(run).toMatchObject({ prefix: 'site/', uploadLimit: 2048 });
  const names = await Array.fromAsync(container.listBlobsFlat(), ({ name }) => name);
  expect(names.filter((name) => !name.startsWith('.durable-backup/site/'))).toEqual([]);
  const { run: other } = await perform(activities.openRun, [{ root: rig.root }, startedAt]);
  expect(other).not.toHaveProperty('uploadLimit');
  expect(other.prefix).toBe('');
});

test.each([
  [{ prefix: 'site' }, 'prefix: must be empty or plain folder names'],
  [{ prefix: '../' }, 'prefix: must be empty'],
  [{ prefix: '.durable-backup/x/' }, 'must not lie in .durable-backup/'],
  [{ prefix: '\ud800/' }, 'that can be written as UTF-8'],
  [{ prefix: 'x'.repeat(256) + '/' }, 'at most 256 characters'],
  [{ prefix: 7 as unknown as string }, 'prefix: must be a text'],
  [{ uploadLimit: 10 }, 'uploadLimit: must be bytes per second, from 1024'],
  [{ uploadLimit: '1M' as unknown as number }, 'uploadLimit: must be bytes per second'],
])('an input with %j is refused, and leaves nothing', async (more, why) => {
  const { activities, container, root } = await openRig();
  const refused = { type: 'InvalidInput', message: expect.stringContaining(why), nonRetryable: true };
  await expect(perform(activities.openRun, [{ root, ...more }, startedAt])).rejects.toMatchObject(refused);
  expect(await Array.fromAsync(container.listBlobsFlat())).toEqual([]);
});
