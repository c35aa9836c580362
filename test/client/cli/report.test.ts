import { expect, test } from 'vitest';
import { exitCodeOf } from '../../../src/client/cli/exit-code.ts';
import { errorJson, reportJson, reportText } from '../../../src/client/cli/report.ts';
import type { JobResult } from '../../../src/client/jobs/job.ts';
import type { BackupSummary } from '../../../src/shared/contract.ts';

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
  adopted: 200,
  directories: 3,
  symlinks: 2,
  skipped: 1,
  failed: 0,
};
const context = { instanceId: 'backup-site', duration: 12_345.6 };
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

test('the text of a backup that went well says what it held, sent and where', () => {
  const text = reportText(completed, {
    ...context,
    storageUrl: 'https://mine.example/backups',
    webUi: 'http://ui.example/backup-site',
  });
  expect(text).toBe(
    `Backed up /srv/site
  files     1,200 (1,000 uploaded, 200 already there)
  bytes     1,572,864 (1.5 MiB; 1.0 MiB uploaded)
  folders   3
  symlinks  2
  skipped   1
  failed    0
  duration  12 s
  blobs     https://mine.example/backups
  manifest  backups/.durable-backup/manifest.json
  instance  backup-site
  history   http://ui.example/backup-site`,
  );
});

test('the text of an incomplete backup names what failed and what the manifest has to add', () => {
  const text = reportText(incomplete, context);
  expect(text).toContain('Incomplete backup of /srv/site\n');
  expect(text).toContain('    a\uFFFD[31m.txt: EACCES: permission denied\n    and 1 more, named in the manifest\n');
});

test('the text of a backup without a summary is its error', () => {
  expect(reportText(failed, context)).toBe('/srv/site does not exist\n  instance  backup-site');
  expect(reportText(terminated, context)).toContain('Terminated: enough');
  expect(reportText(canceled, context)).toContain('Canceled');
});

test('the JSON is one object whose members are there whatever happened', () => {
  expect(JSON.parse(reportJson(completed, { ...context, storageUrl: 'x' }))).toEqual({
    instanceId: 'backup-site',
    status: 'Completed',
    ...summary,
    durationMs: 12_346,
    storageUrl: 'x',
  });
  expect(JSON.parse(reportJson(incomplete, context))).toMatchObject({
    status: 'Failed',
    error: '2 of 1202 files could not be backed up',
    failed: 2,
    complete: false,
  });
  expect(JSON.parse(reportJson(failed, context))).toEqual({
    instanceId: 'backup-site',
    status: 'Failed',
    files: 0,
    bytes: 0,
    failed: 0,
    skipped: 0,
    error: '/srv/site does not exist',
    durationMs: 12_346,
  });
  expect(JSON.parse(reportJson(canceled, context))).toMatchObject({ status: 'Canceled', files: 0 });
});

test('the JSON of a command that has no result is its status and error', () => {
  expect(JSON.parse(errorJson('Failed', 'no "Temporal"'))).toEqual({ status: 'Failed', error: 'no "Temporal"' });
  expect(JSON.parse(errorJson('Interrupted', 'left', 'id'))).toEqual({
    instanceId: 'id',
    status: 'Interrupted',
    error: 'left',
  });
});
