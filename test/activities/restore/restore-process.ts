import { writeSync } from 'node:fs';
import { MockActivityEnvironment } from '@temporalio/testing';
import { createActivities } from '../../../src/activities/index.ts';
import { createMemoryBudget } from '../../../src/activities/paged/memory-budget.ts';
import type { Page } from '../../../src/contracts/job.ts';
import type { Restore } from '../../../src/contracts/restore.ts';
import { openBlobStore } from '../../../src/storage/open-blob-store.ts';

// Restores a run as the user that started this process, which is not root: prints what came of it, or the type and message of what went wrong. With
// `dies` it is killed when all files are in their places, and prints the restore, which another process goes on with when it is given it.
const [connectionString = '', container = '', target = '', input = '{}'] = process.argv.slice(2);
const activities = createActivities({
  store: openBlobStore({ connectionString }, container),
  prefix: '',
  host: 'web-1',
  roots: [target],
  workingDirectory: target,
  memory: createMemoryBudget(1_000_000),
  isRunning: () => Promise.resolve(false),
});
const environment = new MockActivityEnvironment({ attempt: 1 });
function perform<P extends unknown[], R>(activity: (...args: P) => Promise<R>, ...args: P): Promise<R> {
  return environment.run(activity, ...args);
}

try {
  const { dies = false, begun, ...given } = JSON.parse(input) as { dies?: boolean; begun?: Restore };
  const wishes = { run: 'latest', target, ...given };
  const restore = begun ?? (await perform(activities.openRestore, wishes, '2026-02-02T03:04:05.678Z'));
  const failures = [];
  let page: Page | undefined;
  do {
    const next: [number, string?] = page?.cursor === undefined ? [0] : [page.number + 1, page.cursor];
    page = await perform(activities.listRestore, restore, ...next);
    for (const copy of page.copies) await perform(activities.restoreFiles, restore, copy);
    failures.push(...(await perform(activities.sealRestorePage, restore, page.number, [])).failures);
  } while (page.cursor !== undefined);
  if (dies) {
    writeSync(1, JSON.stringify(restore));
    process.kill(process.pid, 'SIGKILL');
  }
  const times = { startedAt: '2026-02-02T03:04:05.678Z', finishedAt: '2026-02-02T03:05:05.678Z' };
  const { tally } = await perform(activities.commitRestore, restore, times);
  process.stdout.write(JSON.stringify({ tally, failures }));
} catch (error) {
  const { type, message } = error as { type?: string; message: string };
  process.stdout.write(JSON.stringify({ type, message }));
}
