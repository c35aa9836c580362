import { mkdir, writeFile } from 'node:fs/promises';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { chooseDataDir } from '../../src/embedded/data-dir.ts';
import { temporaryDirectory } from './temporary.ts';

test('data are in one directory of the user unless DATA_DIR names another', async () => {
  const cwd = await temporaryDirectory();
  expect(chooseDataDir(undefined, undefined, cwd)).toEqual({ dataDir: join(homedir(), '.local/share/durable-backup') });
  expect(chooseDataDir(undefined, '/data', cwd)).toEqual({ dataDir: '/data/durable-backup' });
  expect(chooseDataDir('here', '/data', cwd)).toEqual({ dataDir: join(cwd, 'here') });
});

test.each([
  [['stack/', 'azurite/'], true],
  [['stack/', 'temporal.db'], true],
  [['inventory.sqlite'], true],
  [[], false],
  [['install.lock'], false],
  [['stack/'], false],
  [['azurite/'], false],
])('a .data with %j in the working directory is what an earlier version kept: %s', async (names, isStore) => {
  const cwd = await temporaryDirectory();
  const earlier = join(cwd, '.data');
  await mkdir(earlier);
  for (const name of names) {
    await (name.endsWith('/') ? mkdir(join(earlier, name)) : writeFile(join(earlier, name), ''));
  }
  const usual = '/data/durable-backup';
  expect(chooseDataDir(undefined, '/data', cwd)).toEqual(
    isStore ? { dataDir: earlier, insteadOf: usual } : { dataDir: usual },
  );
  expect(chooseDataDir('/named', '/data', cwd)).toEqual({ dataDir: '/named' });
});
