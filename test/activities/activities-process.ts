import { MockActivityEnvironment } from '@temporalio/testing';
import { createActivities } from '../../src/activities/index.ts';
import { createMemoryBudget } from '../../src/activities/paged/memory-budget.ts';
import { openBlobStore } from '../../src/storage/open-blob-store.ts';

// Backs a directory up as the user that started this process, which is not root: prints the run, or the type and message of what went wrong.
const [connectionString = '', container = '', root = ''] = process.argv.slice(2);
const store = openBlobStore({ connectionString }, container);
const memory = createMemoryBudget(1_000_000);
const activities = createActivities({
  store,
  prefix: '',
  host: 'web-1',
  roots: [root],
  workingDirectory: root,
  memory,
  isRunning: () => Promise.resolve(false),
});
const environment = new MockActivityEnvironment({ attempt: 1 });
function perform<P extends unknown[], R>(activity: (...args: P) => Promise<R>, ...args: P): Promise<R> {
  return environment.run(activity, ...args);
}

try {
  const { run } = await perform(activities.openRun, { root }, '2026-01-02T03:04:05.678Z');
  const page = await perform(activities.listFiles, run, 0);
  for (const copy of page.copies) await perform(activities.copyFiles, run, copy);
  const sealed = await perform(activities.sealPage, run, 0, []);
  process.stdout.write(JSON.stringify(sealed));
} catch (error) {
  const { type, message } = error as { type?: string; message: string };
  process.stdout.write(JSON.stringify({ type, message }));
}
