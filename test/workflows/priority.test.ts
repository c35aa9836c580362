import type { Client } from '@temporalio/client';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { BackupSummary } from '../../src/contracts/backup.ts';
import { startBackup } from '../support/start-backup.ts';
import { connect } from '../support/workflow-harness.ts';

let client: Client;
let close: () => Promise<void>;

beforeAll(async () => ({ client, close } = await connect()));
afterAll(() => close());

test('what a run does between its copies goes before copies, and copies take turns by run', async () => {
  const { handle } = await startBackup(client, { pages: [2] });
  const { runId } = (await handle.result()) as BackupSummary;
  const { events } = await handle.fetchHistory();
  const scheduled = (events ?? []).flatMap(({ activityTaskScheduledEventAttributes: event }) => event ?? []);
  const asked = scheduled.map(({ activityType, priority }) => [
    activityType?.name,
    priority?.priorityKey,
    priority?.fairnessKey,
  ]);
  expect(asked).toEqual([
    ['openRun', 2, ''],
    ['listFiles', 2, runId],
    ['copyFile', 3, runId],
    ['copyFile', 3, runId],
    ['sealPage', 2, runId],
    ['commitRun', 2, runId],
  ]);
});
