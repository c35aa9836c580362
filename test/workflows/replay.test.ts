import { readdir, readFile } from 'node:fs/promises';
import { Worker } from '@temporalio/worker';
import { DeterminismViolationError } from '@temporalio/workflow';
import { beforeAll, expect, inject, test } from 'vitest';
import { historiesDirectory } from '../support/record-history.ts';
import { installQuietRuntime } from '../support/workflow-harness.ts';

interface SavedHistory {
  events: { eventType: string; activityTaskScheduledEventAttributes?: { activityType: { name: string } } }[];
}

beforeAll(installQuietRuntime);

const names = (await readdir(historiesDirectory)).filter((name) => name.endsWith('.json'));

async function saved(name: string): Promise<SavedHistory> {
  return JSON.parse(await readFile(new URL(name, historiesDirectory), 'utf8')) as SavedHistory;
}

function replay(history: SavedHistory): Promise<void> {
  return Worker.runReplayHistory({ workflowBundle: { codePath: inject('workflowBundlePath') } }, history, 'replayed');
}

test('there are saved histories of every way a job can go', () => {
  expect(names.toSorted()).toEqual([
    'backup-busy.json',
    'backup-cancelled.json',
    'backup-continued.json',
    'backup-failures.json',
    'backup-not-begun.json',
    'backup-pages.json',
    'backup-recalled.json',
    'backup-reopened.json',
    'backup-rewound.json',
    'backup-suspect.json',
    'backup-suspended-first.json',
    'backup-suspended.json',
    'backup-worker-late.json',
    'backup-worker-unavailable.json',
    'batch-failures.json',
    'batch-items.json',
    'batch-orchestrator.json',
    'batch-published.json',
    'batch-suspended.json',
    'e2-backup-site-content.json',
    'notify-delivered.json',
    'notify-failed.json',
    'preview.json',
    'prune-cancelled.json',
    'prune-continued.json',
    'prune-pages.json',
    'prune-refused.json',
    'restore-failures.json',
    'restore-outlasting.json',
    'restore-pages.json',
    'restore-rewound.json',
    'scheduled-busy.json',
    'scheduled-incomplete.json',
    'scheduled-steps-failed.json',
    'scheduled-success.json',
    'scheduled-suspect.json',
    'scheduled-told.json',
    'verify-failures.json',
    'verify-pages.json',
    'verify-rewound.json',
    'watch-missed.json',
  ]);
});

test.each(names)('%s replays', async (name) => {
  await replay(await saved(name));
});

test('a workflow that no longer does what a history says is found out', async () => {
  const history = await saved('backup-pages.json');
  const scheduled = history.events.find((event) => event.activityTaskScheduledEventAttributes);
  if (scheduled?.activityTaskScheduledEventAttributes)
    scheduled.activityTaskScheduledEventAttributes.activityType.name = 'somethingElse';
  await expect(replay(history)).rejects.toThrow(DeterminismViolationError);
});
