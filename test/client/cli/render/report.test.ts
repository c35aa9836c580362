import { expect, test } from 'vitest';
import { backupReport, restoreReport, verificationReport } from '../../../../src/client/cli/render/job-reports.ts';
import { exitCodeOf } from '../../../../src/client/cli/follow-job.ts';
import { errorJson, reportJson, reportText } from '../../../../src/client/cli/render/report.ts';
import type { JobResult } from '../../../../src/client/jobs/job.ts';
import type { BackupSummary } from '../../../../src/contracts/backup.ts';
import type { RestoreSummary } from '../../../../src/contracts/restore.ts';
import type { VerificationSummary } from '../../../../src/contracts/verification.ts';

const summary: BackupSummary = {
  runId: '20261121T051430Z-1f3a9c2e',
  root: '/srv/site',
  manifest: 'backups/.durable-backup/manifest.json',
  complete: true,
  failures: [],
  files: 1200,
  bytes: 1_572_864,
  uploaded: 1000,
  uploadedBytes: 1_048_576,
  adopted: 150,
  unchanged: 50,
  directories: 3,
  symlinks: 2,
  skipped: 1,
  failed: 0,
};
const context = { instanceId: 'backup-site', duration: 12_345.6, verbose: false };
const completed: JobResult = { status: 'Completed', output: summary };
const incomplete: JobResult = {
  status: 'Failed',
  failure: {
    type: 'BackupIncomplete',
    message: '2 of 1202 files could not be backed up',
    details: [
      {
        ...summary,
        complete: false,
        failed: 2,
        failures: [{ path: 'a\u001B[31m.txt', outcome: 'failed', reason: 'EACCES: permission denied' }],
      },
    ],
  },
};
const failed: JobResult = {
  status: 'Failed',
  failure: { type: 'RootNotFound', message: '/srv/site does not exist', details: [] },
};
const canceled: JobResult = { status: 'Canceled' };
const terminated: JobResult = { status: 'Terminated', reason: 'enough' };

test.each([
  ['completed', completed, 0],
  ['incomplete', incomplete, 3],
  ['failed', failed, 1],
  ['canceled', canceled, 130],
  ['terminated', terminated, 1],
])('a %s backup exits with its code', (_, result, code) => {
  expect(exitCodeOf(result)).toBe(code);
});

test('the text of a backup that went well says what it held and sent, and at wish where that is', () => {
  const where = {
    ...context,
    storageUrl: 'https://mine.example/backups',
    webUi: 'http://ui.example/backup-site',
  };
  const told = `Backed up /srv/site
  files     1,200 (1,000 uploaded, 50 unchanged, 150 already there)
  bytes     1,572,864 (1.5 MiB; 1.0 MiB uploaded)
  folders   3
  symlinks  2
  skipped   1
  failed    0
  duration  12 s
  run       20261121T051430Z-1f3a9c2e`;
  expect(reportText(completed, backupReport, where)).toBe(told);
  expect(reportText(completed, backupReport, { ...where, verbose: true })).toBe(`${told}
  manifest  backups/.durable-backup/manifest.json
  blobs     https://mine.example/backups
  instance  backup-site
  history   http://ui.example/backup-site`);
});

test('the text of an incomplete backup names what failed what names the rest, and last how to go on', () => {
  const text = reportText(incomplete, backupReport, context);
  expect(text).toContain('Incomplete backup of /srv/site\n');
  expect(text).toContain(
    '    a\uFFFD[31m.txt: EACCES: permission denied\n    and 1 more, which `durable-backup ledger 20261121T051430Z-1f3a9c2e` names\n',
  );
  expect(text).toMatch(/\n {2}again {5}durable-backup retry 20261121T051430Z-1f3a9c2e$/u);
});

test('the text of a backup without a summary is its error', () => {
  expect(reportText(failed, backupReport, context)).toBe('/srv/site does not exist\n  instance  backup-site');
  expect(reportText(terminated, backupReport, context)).toContain('Terminated: enough');
  expect(reportText(canceled, backupReport, context)).toContain('Canceled');
});

test('the JSON is one object whose members are there whatever happened', () => {
  const { runId, ...rest } = summary;
  expect(JSON.parse(reportJson(completed, backupReport, { ...context, storageUrl: 'x' }))).toEqual({
    instanceId: 'backup-site',
    status: 'Completed',
    ...rest,
    run: runId,
    durationMs: 12_346,
    storageUrl: 'x',
  });
  expect(JSON.parse(reportJson(incomplete, backupReport, context))).toMatchObject({
    status: 'Failed',
    error: '2 of 1202 files could not be backed up',
    failed: 2,
    complete: false,
  });
  expect(JSON.parse(reportJson(failed, backupReport, context))).toEqual({
    instanceId: 'backup-site',
    status: 'Failed',
    files: 0,
    bytes: 0,
    failed: 0,
    skipped: 0,
    error: '/srv/site does not exist',
    durationMs: 12_346,
  });
  expect(JSON.parse(reportJson(canceled, backupReport, context))).toMatchObject({ status: 'Canceled', files: 0 });
});

test('the JSON of a command that has no result is its status and error', () => {
  expect(JSON.parse(errorJson('Failed', 'no "Temporal"'))).toEqual({ status: 'Failed', error: 'no "Temporal"' });
  expect(JSON.parse(errorJson('Interrupted', 'left', 'id'))).toEqual({
    instanceId: 'id',
    status: 'Interrupted',
    error: 'left',
  });
});

const restored: RestoreSummary = {
  restoreId: '20261121T061430Z-0a0b0c0d',
  runId: summary.runId,
  root: '/srv/site',
  target: '/tmp/site',
  dryRun: false,
  report: 'backups/.durable-backup/@/restores/20261121T061430Z-0a0b0c0d/report.json',
  complete: true,
  failures: [],
  files: 1200,
  bytes: 1_572_864,
  restored: 1000,
  restoredBytes: 1_048_576,
  unchanged: 150,
  kept: 50,
  directories: 3,
  symlinks: 2,
  deleted: 4,
  skipped: 1,
  failed: 0,
  undeleted: 0,
};

test('the text of a restore says what was put where, from which run', () => {
  expect(reportText({ status: 'Completed', output: restored }, restoreReport, context)).toBe(
    `Restored /tmp/site from run 20261121T051430Z-1f3a9c2e of /srv/site
  files     1,200 (1.5 MiB)
  restored  1,000 (1.0 MiB)
  unchanged 150
  kept      50
  deleted   4
  folders   3
  symlinks  2
  skipped   1
  failed    0
  duration  12 s`,
  );
  expect(reportText({ status: 'Completed', output: restored }, restoreReport, { ...context, verbose: true }))
    .toContain(`
  restore   20261121T061430Z-0a0b0c0d
  report    backups/.durable-backup/@/restores/20261121T061430Z-0a0b0c0d/report.json
  instance  backup-site`);
});

test('a dry run says that nothing was changed, and when the restore itself asks for force', () => {
  const output: RestoreSummary = { ...restored, dryRun: true, needsForce: true };
  const text = reportText({ status: 'Completed', output }, restoreReport, context);
  expect(text).toMatch(/^Dry run, nothing was changed: would restore \/tmp\/site from run /u);
  expect(text).toContain('\nThe restore itself asks for --force: ');
});

test('a restore with failures names them and exits with 3', () => {
  const details = [
    {
      ...restored,
      complete: false,
      failed: 2,
      undeleted: 1,
      failures: [{ path: 'a', outcome: 'corrupt', reason: 'not its SHA-256' }],
    },
  ];
  const failure = { type: 'RestoreIncomplete', message: '2 of 1200 files', details };
  const text = reportText({ status: 'Failed', failure }, restoreReport, context);
  expect(text).toContain('Incomplete restore of /tmp/site from run');
  expect(text).toContain('\n  failed    2 (1 not deleted)\n');
  expect(text).toContain(
    '    a: not its SHA-256\n    and 1 more, which `durable-backup ledger 20261121T061430Z-0a0b0c0d` names\n',
  );
  expect(exitCodeOf({ status: 'Failed', failure })).toBe(3);
});

const verified: VerificationSummary = {
  verificationId: '20261121T071430Z-0a0b0c0d',
  runId: summary.runId,
  root: '/srv/site',
  deep: false,
  report: 'backups/report.json',
  complete: false,
  failures: [],
  files: 10,
  bytes: 100,
  intact: 6,
  readBytes: 0,
  missing: 1,
  corrupt: 2,
  extra: 5,
  unchecked: 0,
  failed: 4,
};

test('a verification with findings exits with 3 and tells apart what is wrong from what storage would not say', () => {
  const failure = { type: 'VerificationFailed', message: '4 of 10 files', details: [verified] };
  const text = reportText({ status: 'Failed', failure }, verificationReport, context);
  expect(text).toMatch(/^Not intact: run 20261121T051430Z-1f3a9c2e of \/srv\/site\n/u);
  expect(text).toContain('  missing   1\n  corrupt   2\n  extra     5\n  failed    1\n');
  expect(text).not.toContain('unchecked');
  expect(exitCodeOf({ status: 'Failed', failure })).toBe(3);
});

test('a deep verification says how much was read and left out', () => {
  const output = {
    ...verified,
    deep: true,
    complete: true,
    failed: 0,
    missing: 0,
    corrupt: 0,
    readBytes: 2048,
    unchecked: 7,
  };
  const text = reportText({ status: 'Completed', output }, verificationReport, context);
  expect(text).toMatch(/^Verified run /u);
  expect(text).toContain('  read      2.0 KiB\n  unchecked 7\n');
});

test('a job that returns no summary is reported by what it returns', () => {
  expect(reportText({ status: 'Completed', output: 30 }, backupReport, context)).toBe(
    'Completed: 30\n  instance  backup-site',
  );
});
