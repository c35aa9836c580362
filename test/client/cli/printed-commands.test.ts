import { randomUUID } from 'node:crypto';
import { rm, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { temporaryDirectory, writeTree } from '../../support/tree.ts';
import { embeddedServers, runCommand, runPrinted, servers } from './command.ts';

/** A folder with a directory to back up, of which one part cannot be until `mend` is called. */
async function openSite() {
  const home = await temporaryDirectory();
  await writeTree(home, { 'my site/a.txt': 10, 'my site/d/b.txt': 20 });
  const ignore = join(home, 'my site/d/.backupignore');
  await symlink('/nowhere', ignore);
  return { home, site: join(home, 'my site'), mend: () => rm(ignore) };
}

test('the command that an incomplete backup of a source prints works elsewhere, too, whatever the settings', async () => {
  const { home, site, mend } = await openSite();
  await writeFile(join(home, 'sources.yaml'), `sources: {s3: {root: ${JSON.stringify(site)}, prefix: hosts/s3/}}`);
  const env = { ...servers(), BACKUP_CONTAINER: `printed-${randomUUID()}`, TASK_QUEUE: randomUUID() };
  const backup = await runCommand(['backup', 's3', '--config', 'sources.yaml', '--worker'], { env, cwd: home });
  expect([backup.code, backup.stdout]).toEqual([3, expect.stringContaining(`Incomplete backup of ${site}`)]);
  await mend();
  const retried = await runPrinted(backup.stdout, 'retry');
  expect([retried.code, retried.stderr]).toEqual([0, expect.not.stringContaining('error')]);
  expect(retried.stdout).toContain(`Backed up ${site}\n  files     2 (`);
});

test('so does that of a backup of a directory into a store of its own', { timeout: 120_000 }, async () => {
  const { home, site, mend } = await openSite();
  const usual = await embeddedServers(home);
  const env = { ...usual, DATA_DIR: 'my data', BACKUP_PREFIX: 'here/' };
  const backup = await runCommand(['my site'], { env, cwd: home });
  expect([backup.code, backup.stdout]).toEqual([3, expect.stringContaining(`DATA_DIR='${home}/my data' `)]);
  await mend();
  const retried = await runPrinted(backup.stdout, 'retry', usual);
  expect([retried.code, retried.stdout]).toEqual([0, expect.stringContaining(`Backed up ${site}\n`)]);
});
