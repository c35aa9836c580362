import { execFileSync } from 'node:child_process';
import { stat } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import { makeFolder } from '../../src/embedded/data-dir.ts';
import { temporaryDirectory } from '../support/tree.ts';

test('folders are made with those above them, and may be there', async () => {
  const folder = join(await temporaryDirectory(), 'a', 'b');
  await makeFolder(folder, 0o700);
  await makeFolder(folder);
  expect((await stat(folder)).mode & 0o777).toBe(0o700);
});

test('a read-only file system is called that, however much of the path is missing', async () => {
  const folder = await temporaryDirectory();
  const program = fileURLToPath(new URL('make-folder-process.ts', import.meta.url));
  const script = 'mount -t tmpfs -o ro none "$0" && exec "$1" "$2" "$0/a/b"';
  const args = ['--user', '--map-root-user', '--mount', 'sh', '-c', script, folder, process.execPath, program];
  expect(execFileSync('unshare', args, { encoding: 'utf8' })).toBe(`EROFS ${folder}/a\n`);
});
