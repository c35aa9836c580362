import { mkdir, realpath, rename, symlink } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { confine, createDirectoryCheck } from '../../src/files/confine.ts';
import { isInside } from '../../src/files/paths.ts';
import { temporaryDirectory } from '../support/tree.ts';

async function place(): Promise<string> {
  const at = await realpath(await temporaryDirectory());
  await mkdir(join(at, 'site', 'sub'), { recursive: true });
  await mkdir(join(at, 'site2'));
  await mkdir(join(at, 'site', '..odd'));
  return at;
}

const notAllowed = { type: 'RootNotAllowed' };

test('a root itself and what is below it are inside', async () => {
  const at = await place();
  const site = join(at, 'site');
  expect(await confine(site, [site])).toBe(site);
  expect(await confine(join(site, 'sub'), [site])).toBe(join(site, 'sub'));
  expect(await confine(join(site, '..odd'), [site])).toBe(join(site, '..odd'));
  expect(await confine(join(site, 'sub'), [join(at, 'absent'), `${site}/`])).toBe(join(site, 'sub'));
});

test('the parent, a sibling whose name starts alike, and a way through .. are outside', async () => {
  const at = await place();
  const site = join(at, 'site');
  for (const path of [at, join(at, 'site2'), `${site}/../site2`, `${site}/sub/../..`]) {
    await expect(confine(path, [site])).rejects.toMatchObject(notAllowed);
  }
});

test('the error names the path, the roots and the setting', async () => {
  const at = await place();
  const error = confine(join(at, 'site2'), [join(at, 'site')]);
  await expect(error).rejects.toThrow(`${at}/site2 is outside the directories that this worker may read (${at}/site)`);
  await expect(error).rejects.toThrow('BACKUP_ROOTS');
});

test('everything is below the root /, and nothing is below no root', async () => {
  const at = await place();
  expect(await confine(at, ['/'])).toBe(at);
  await expect(confine(at, [])).rejects.toMatchObject(notAllowed);
});

test('a symlink counts as what it leads to', async () => {
  const at = await place();
  await symlink(join(at, 'site', 'sub'), join(at, 'in'));
  await symlink(join(at, 'site2'), join(at, 'site', 'out'));
  await symlink(join(at, 'site'), join(at, 'root'));
  expect(await confine(join(at, 'in'), [join(at, 'site')])).toBe(join(at, 'site', 'sub'));
  expect(await confine(join(at, 'site', 'sub'), [join(at, 'root')])).toBe(join(at, 'site', 'sub'));
  await expect(confine(join(at, 'site', 'out'), [join(at, 'site')])).rejects.toMatchObject(notAllowed);
});

test("a path that is not there is the system's error", async () => {
  const at = await place();
  await expect(confine(join(at, 'absent'), [at])).rejects.toMatchObject({ code: 'ENOENT' });
});

test('isInside goes by whole names', () => {
  expect(isInside('/srv/site', '/srv/site')).toBe(true);
  expect(isInside('/srv/site/a', '/srv/site')).toBe(true);
  expect(isInside('/srv/site2', '/srv/site')).toBe(false);
  expect(isInside('/srv', '/srv/site')).toBe(false);
  expect(isInside('/srv/..site', '/srv')).toBe(true);
});

test('a directory replaced by a symlink is inside only if that leads inside', async () => {
  const at = await place();
  const site = join(at, 'site');
  await expect(createDirectoryCheck(site)(Buffer.from(`${site}/sub`))).resolves.toBeUndefined();
  await expect(createDirectoryCheck('/')(Buffer.from(site))).resolves.toBeUndefined();
  await rename(join(site, 'sub'), join(site, 'moved'));
  await symlink(join(site, 'moved'), join(site, 'sub'));
  await expect(createDirectoryCheck(site)(Buffer.from(`${site}/sub`))).resolves.toBeUndefined();
  await symlink(join(at, 'site2'), join(site, 'away'));
  const away = createDirectoryCheck(site)(Buffer.from(`${site}/away`));
  await expect(away).rejects.toThrow(`${site}/away now leads out of the directory being backed up`);
});

test('a directory far down a path is looked at in the same way', async () => {
  const at = await place();
  const site = join(at, 'site');
  const far = Array.from({ length: 5 }, () => 'n'.repeat(200)).join('/');
  await mkdir(join(site, 'sub', far), { recursive: true });
  await mkdir(join(at, 'site2', far), { recursive: true });
  const check = (directory: string) => createDirectoryCheck(site)(Buffer.from(directory));
  await expect(check(`${site}/sub/${far}`)).resolves.toBeUndefined();
  await expect(check(`${site}/absent/${far}`)).rejects.toMatchObject({ code: 'ENOENT' });
  await symlink(join(at, 'site2'), join(site, 'away'));
  await expect(check(`${site}/away/${far}`)).rejects.toThrow('now leads out of the directory being backed up');
});
