import { cp, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { BlobServiceClient } from '@azure/storage-blob';
import { expect, onTestFinished, test } from 'vitest';
import type { RunInfo } from '../../src/history/views/run-info.ts';
import { openEmbeddedStack } from '../../src/embedded/embedded-stack.ts';
import { runCommand, servers, type PrintedBackup, rowsIn } from '../client/cli/command.ts';
import { readFingerprint, type Fingerprint } from '../model/fingerprint.ts';
import { versionsIn } from '../support/leftovers.ts';
import { readManifest } from '../support/stored-run.ts';
import { temporaryDirectory } from '../support/tree.ts';

/**
 * Azurite's files of a container that the first format's writer left: six runs of one folder with odd names, filters and an ignore file, of which
 * two are forgotten and pruned and one is forgotten, with the reports of a verification, a restore and two prunes. One of these prunes left
 * `assets/logo.png`, which outlived its writer and which no run needs any more.
 */
const earlier = fileURLToPath(new URL('earlier-container', import.meta.url));
const root = '/tmp/durable-backup-site';
const newest = '20261130T011212Z-7018a732';
const oldest = '20261130T011045Z-b759b6e9';

/** By path in latin1: what it is, the beginning of its hash, its mode, its time in microseconds. */
function brief(tree: Fingerprint): Record<string, string> {
  const short = (text: string) =>
    text
      .replace('file of ', '')
      .replace(/, (\w{8})\w{56},/u, ', $1,')
      .replace('modified ', '');
  return Object.fromEntries([...tree].map(([path, text]) => [path, short(text)]));
}

test('backups of the first format restore, verify, go on and are pruned', async () => {
  const removeRoot = () => rm(root, { recursive: true, force: true });
  await removeRoot();
  onTestFinished(removeRoot);
  const dataDir = await temporaryDirectory();
  await cp(earlier, join(dataDir, 'azurite'), { recursive: true });
  const stack = await openEmbeddedStack({ dataDir, azurite: { port: 0 }, report: () => {} });
  onTestFinished(stack.close);
  const env = {
    ...servers(stack.connectionString),
    TASK_QUEUE: 'earlier-backups',
    BACKUP_HOST: 'web-1',
    BACKUP_ROOTS: '/tmp',
  };
  const run = async (...args: string[]): Promise<string> => {
    const { code, stdout, stderr } = await runCommand(args, { env });
    expect({ args, code, stderr: code === 0 ? '' : stderr }).toEqual({ args, code: 0, stderr: '' });
    return stdout;
  };

  const runs = rowsIn<RunInfo>(await run('runs', '--json'));
  expect(runs.map((info) => info.run)).toEqual([newest, '20261130T011148Z-1c54f97b', oldest]);

  const target = join(await temporaryDirectory(), 'site');
  await run('restore', oldest, '--target', target, '--worker');
  expect(brief(await readFingerprint(target))).toEqual({
    '.backupignore': '14 bytes, 4d56952b, 644, 1796001026210855',
    assets: 'directory, 750, 1796001032750855',
    'assets/logo.png': '3000 bytes, d65cf2ee, 644, 1796001026209489',
    'bad\u00ff.bin': '1 bytes, 594e519a, 644, 1796001026210855',
    empty: 'directory, 755, 1796001026202855',
    'index.html': '14 bytes, 3a6f74df, 600, 1796001032746855',
    logo: 'symlink to assets/logo.png, 1796001026214855',
    logs: 'directory, 755, 1796001026210855',
    'new.txt': '4 bytes, 7aa7a535, 644, 1796001040542856',
    'odd names': 'directory, 755, 1796001026210855',
    'odd names/a%b#c?.txt': '1 bytes, a1fce436, 644, 1796001026210855',
    'odd names/\u00c3\u00a9 \u00c3\u00bc.txt': '1 bytes, 2d711642, 644, 1796001026210855',
  });

  await run('restore', newest, '--worker');
  const last = brief(await readFingerprint(root));
  expect(last).toMatchObject({
    'index.html': '14 bytes, 95b43a3d, 600, 1796001127218859',
    'logs/access.log': expect.stringContaining('ab929fcd'),
  });
  expect(Object.keys(last)).toHaveLength(14);
  expect(await run('verify', 'latest', '--deep', '--worker')).toMatch(/intact +8/u);

  // The times of change are new, so every file is read, and all are what the last run holds.
  await writeFile(join(root, 'index.html'), 'changed');
  const next = JSON.parse(await run(root, '--worker', '--json')) as PrintedBackup;
  expect(next).toMatchObject({ files: 8, uploaded: 1, unchanged: 7, failed: 0 });

  await run('forget', newest, '20261130T011148Z-1c54f97b', oldest);
  await run('prune', '--worker');
  const container = BlobServiceClient.fromConnectionString(stack.connectionString ?? '').getContainerClient('backups');
  const { entries } = await readManifest(container, next.manifest);
  const left = (await versionsIn(container)).filter(({ name }) => !name.startsWith('.durable-backup/'));
  expect(left.map(({ name }) => name).toSorted()).toEqual(entries.flatMap(({ blob }) => blob ?? []).toSorted());
});
