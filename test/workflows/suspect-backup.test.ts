import { randomUUID } from 'node:crypto';
import type { ApplicationFailure } from '@temporalio/common';
import type { Client } from '@temporalio/client';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { BackupSummary } from '../../src/contracts/backup.ts';
import type { ScheduledBackupReport } from '../../src/contracts/scheduled.ts';
import type { BackupCarry } from '../../src/workflows/backup.ts';
import { recordHistory } from '../support/record-history.ts';
import { failureOf, startBackup } from '../support/start-backup.ts';
import { connect } from '../support/workflow-harness.ts';
import { deliveriesOf, newSource, startScheduling } from './scheduled-rig.ts';

let client: Client;
let close: () => Promise<void>;

beforeAll(async () => ({ client, close } = await connect()));
afterAll(() => close());

const suspect = { since: 'r1', files: 20, lost: 12, reasons: ['12 of the 20 files of run r1 are gone'] };

test('a scheduled run of a suspect backup tells why, and skips what follows', async () => {
  const { taskQueue, told, seen } = await startScheduling({ suspect });
  const backup = { root: '/data', prefix: 'data/' };
  const after = { forget: { last: 2 }, prune: true, sample: 0.5 };
  const handle = await client.workflow.start('scheduledBackup', {
    taskQueue,
    workflowId: `scheduled-${randomUUID()}`,
    args: [{ source: newSource(), backup, after, tell: { failure: ['webhook'] } }],
  });
  const { message, details } = (await failureOf(handle)) as ApplicationFailure;
  const report = details?.[0] as ScheduledBackupReport;
  expect(message).toContain('/data is suspect: 12 of the 20 files of run r1 are gone. If that is meant, accept it');
  expect(report.backup).toMatchObject({ outcome: 'suspect', files: 3, suspect, failure: { type: 'BackupSuspect' } });
  expect(report.steps).toEqual(['forget', 'prune', 'verify'].map((step) => ({ step, outcome: 'skipped' })));
  expect(seen.noted).toEqual([]);
  await deliveriesOf(client, report.notification);
  expect(told[0]).toMatchObject({ event: 'failure', text: message, backup: { suspect } });
  await recordHistory(handle, 'scheduled-suspect');
});

test('a suspect backup of which files failed says both, and can be rewound', async () => {
  let broken = true;
  const { handle, rewind, seen } = await startBackup(client, {
    pages: [2],
    options: { copyAttempts: 1 },
    suspect,
    copy: async ({ number }) => {
      if (broken && number === 1) throw new Error('no such thing');
    },
  });
  const failure = (await failureOf(handle)) as ApplicationFailure;
  const [summary, carry] = failure.details as [BackupSummary, BackupCarry];
  expect(failure.type).toBe('BackupSuspect');
  expect(failure.message).toMatch(/is suspect: 12 of the 20 .* 1 of 2 files could not be backed up/u);
  expect(summary).toMatchObject({ complete: false, failed: 1, suspect });
  broken = false;
  const again = (await failureOf(await rewind(carry))) as ApplicationFailure;
  expect(again.details?.[0]).toMatchObject({ complete: true, failed: 0, suspect });
  expect(seen.again).toEqual(['failed of 0']);
  await recordHistory(handle, 'backup-suspect');
});
