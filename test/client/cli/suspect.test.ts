import { realpath, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, inject, test } from 'vitest';
import type { RunInfo } from '../../../src/history/views/run-info.ts';
import type { SourceStatus } from '../../../src/client/sources/source-status.ts';
import { addFailedBackup } from '../../../src/history/runs/failed-backups.ts';
import type { BackupSummary } from '../../../src/contracts/backup.ts';
import { openBlobStore } from '../../../src/storage/open-blob-store.ts';
import { writeTree } from '../../support/tree.ts';
import { rowsIn } from './command.ts';
import { openSourcesRig } from './sources-rig.ts';

test(
  'a suspect backup ends with 4 and says why and what to do, and what it prints works',
  { timeout: 120_000 },
  async () => {
    const rig = await openSourcesRig();
    const { home } = rig;
    await writeTree(home, Object.fromEntries(Array.from({ length: 12 }, (_, i) => [`mail/f${i}`, 10])));
    await rig.define('sources: {mail: {root: mail, maxLoss: 80%}}');
    const good = await rig.backUp('mail');
    for (let i = 2; i < 12; i += 1) await rm(join(home, `mail/f${i}`));

    const dry = await rig.run('backup', 'mail', '--dry-run');
    expect([dry.code, dry.stderr]).toEqual([4, expect.stringContaining('would be suspect: 10 of the 12 files')]);
    const { code, stdout } = await rig.run('backup', 'mail', '--worker');
    expect(code).toBe(4);
    expect(stdout).toMatch(/^Suspect backup of .*mail$/mu);
    expect(stdout).toContain(`suspect   10 of the 12 files of run ${good.run} are gone, and at most 80% may be`);
    const [, accept = ''] = /durable-backup (accept \S+)/u.exec(stdout) ?? [];

    expect(await rig.rowsOf<RunInfo>('runs', '--source', 'mail')).toMatchObject([
      { state: 'suspect', files: 2 },
      { run: good.run, state: 'complete' },
    ]);
    expect((await rig.run('runs', '--source', 'mail')).stdout).toContain('suspect, 10 of 12 files lost');
    const { stdout: status } = await rig.run('status', '--source', 'mail');
    expect(status).toMatch(/^mail +failing .* suspect, 10 of 12 files lost/mu);
    expect(status).toMatch(/^mail has failed once: suspect: 10 of the 12 files/mu);
    const retried = await rig.run('retry', accept.slice('accept '.length), '--source', 'mail');
    expect([retried.code, retried.stderr]).toEqual([4, expect.stringContaining('Nothing failed in run')]);

    expect((await rig.run(...accept.split(' '))).stdout).toContain('is accepted');
    expect(await rig.rowsOf<SourceStatus>('status', '--source', 'mail')).toMatchObject([
      { health: 'ok', failuresSince: 0, lastSuccess: { files: 2 } },
    ]);
    await rm(join(home, 'mail/f1'));
    await rm(join(home, 'mail/f0'));
    const emptied = await rig.run('backup', 'mail', '--expect-loss', '--worker', '--json');
    expect([emptied.code, (JSON.parse(emptied.stdout) as BackupSummary).files]).toEqual([0, 0]);
    const wrong = await rig.run('backup', 'mail', '--max-loss', '0');
    expect([wrong.code, wrong.stderr]).toEqual([
      1,
      expect.stringContaining('It must be a share above 0 and at most 100%'),
    ]);
  },
);

test('a backup that failed without becoming a run is told where its runs are', async () => {
  const rig = await openSourcesRig();
  const { home, env } = rig;
  await rig.define('sources: {web: {root: site}}');
  const { run: runId } = await rig.backUp('web');
  const store = openBlobStore({ connectionString: inject('connectionString') }, env.BACKUP_CONTAINER);
  const at = new Date().toISOString();
  const failure = {
    at,
    instanceId: 'backup-web',
    execution: 'e1',
    type: 'RootNotFound',
    message: 'site does not exist',
  };
  const { signal } = new AbortController();
  await addFailedBackup(store, { prefix: 'web/', root: await realpath(join(home, 'site')) }, failure, signal);
  const { stdout, stderr } = await rig.run('runs', '--source', 'web', '--json');
  expect(rowsIn<RunInfo>(stdout).map((info) => info.run)).toEqual([runId]);
  expect(stderr).toContain('instance backup-web: RootNotFound: site does not exist');
  expect(await rig.rowsOf<SourceStatus>('status', '--source', 'web')).toMatchObject([
    { health: 'failing', failuresSince: 1, failingSince: at, reason: 'RootNotFound: site does not exist' },
  ]);
  await rig.backUp('web');
  expect((await rig.run('runs', '--source', 'web')).stderr).not.toContain('RootNotFound');
});
