import {
  allHandlersFinished,
  ApplicationFailure,
  CancellationScope,
  condition,
  makeContinueAsNewFunc,
  sleep,
  workflowInfo,
  ActivityCancellationType,
  proxyActivities,
} from '@temporalio/workflow';
import { failureTypes } from '../contracts/failures.ts';
import { type JobProgress, addTallies } from '../contracts/job.ts';
import {
  type EarlierBackup,
  type MarkedPrune,
  type Prune,
  type PruneInput,
  type PrunePlan,
  type PruneSummary,
  type PruneTally,
  emptyPruneTally,
} from '../contracts/prune.ts';
import { here } from './paged/worker-queue.ts';
import { createProgressReport, published, type ProgressReport } from './paged/progress-report.ts';
import { noLongerWaiting, startProgress } from './paged/progress.ts';
import { publishPaged } from './paged/paged-job.ts';
import { createSuspension, type Suspension } from './paged/suspension.ts';
import type { Activities } from '../activities/index.ts';
import { checkedOpenOptions, recordOptions } from './paged/activity-options.ts';

/** Once it has begun a prune has to be told, so nothing leaves it unanswered. */
const { openPrune } = proxyActivities<Activities>({
  ...checkedOpenOptions,
  cancellationType: ActivityCancellationType.WAIT_CANCELLATION_COMPLETED,
});

/** What a prune takes along when it continues as new, between two pages. */
interface PruneCarry {
  readonly prune: Prune;
  readonly startedAt: string;
  readonly plan: PrunePlan;
  readonly marked: MarkedPrune;
  /** The next page. */
  readonly page: number;
  /** What the pages before it came to. */
  readonly swept: PruneTally;
  readonly progress: JobProgress;
}

interface Context {
  readonly report: ProgressReport<JobProgress>;
  readonly suspension: Suspension;
  readonly activities: ReturnType<typeof pruneActivities>;
}

const firstPause = 1000;
const longestPause = 300_000;

/**
 * Deletes what no run needs any more: waits for the backups that began before it, decides about every run, walks through the container
 * and writes down what is to go, and only then deletes, page by page. Whatever ends it early, others have the prefix again after it.
 */
export async function prune(input: PruneInput, carry?: PruneCarry): Promise<PruneSummary> {
  let opened = carry?.prune;
  const report = createProgressReport(carry?.progress ?? startProgress, (now) =>
    publishPaged(now, opened && { id: opened.id, about: `the prefix \`${opened.prefix}\`` }),
  );
  const suspension = createSuspension(report);
  await suspension.gate();
  const startedAt = carry?.startedAt ?? workflowInfo().startTime.toISOString();
  const fixed =
    opened ??
    (await CancellationScope.nonCancellable(() =>
      here.reachFirst((where) => openPrune.executeWithOptions(where, [input, startedAt])),
    ));
  opened = fixed;
  const context: Context = { report, suspension, activities: pruneActivities(fixed) };
  let end: PruneEnd | PruneCarry;
  try {
    end = await sweep(carry ?? (await begin(fixed, startedAt, context)), context);
  } catch (error) {
    await CancellationScope.nonCancellable(() => context.activities.releasePrune(fixed));
    throw error;
  }
  if ('progress' in end) return makeContinueAsNewFunc<typeof prune>(published(end))(input, end);
  await condition(allHandlersFinished);
  const { prefix, dryRun, id: pruneId } = fixed;
  return { pruneId, prefix, dryRun, ...end };
}

type PruneEnd = Omit<PruneSummary, 'pruneId' | 'prefix' | 'dryRun'>;

async function begin(prune: Prune, startedAt: string, context: Context): Promise<PruneCarry> {
  const { report, suspension, activities } = context;
  if (!prune.dryRun) await waitForBackups(prune, context);
  report.milestone((now) => ({ ...noLongerWaiting(now), phase: 'marking' }));
  await suspension.gate();
  const plan = await activities.planPrune(prune);
  await suspension.gate();
  const marked = await activities.markPrune(prune);
  const { deleted, deletedBytes, data, dataBytes } = marked.tally;
  report.milestone((now) => ({
    ...now,
    phase: 'pruning',
    listed: true,
    totalFiles: deleted + data,
    totalBytes: deletedBytes + dataBytes,
  }));
  return { prune, startedAt, plan, marked, page: 0, swept: emptyPruneTally, progress: report.now() };
}

/** Throws `PruneRefused` when one of them would not end in time. */
async function waitForBackups(prune: Prune, { report, suspension, activities }: Context): Promise<void> {
  const until = Date.now() + prune.patience;
  let earlier: EarlierBackup[] = await activities.findBackups(prune);
  for (let pause = firstPause; earlier[0]; pause = Math.min(pause * 2, longestPause)) {
    const { instanceId } = earlier[0];
    const waitingFor = `backup ${instanceId}`;
    if (report.now().waitingFor !== waitingFor) {
      report.milestone((now) => ({ ...now, phase: 'waiting', waitingFor }));
    }
    const left = until - Date.now();
    if (left <= 0) throw blockedBy(instanceId);
    await sleep(Math.min(pause, left));
    await suspension.gate();
    earlier = await activities.findBackups(prune, earlier);
  }
}

/** Deletes page by page, and closes the prune after the last. Returns a carry where it is time to continue as new. */
async function sweep(begun: PruneCarry, { report, suspension, activities }: Context): Promise<PruneEnd | PruneCarry> {
  const { prune, startedAt, plan, marked } = begun;
  let { swept } = begun;
  for (let { page } = begun; page < marked.pages; page += 1) {
    if (page > begun.page && workflowInfo().continueAsNewSuggested) {
      await condition(allHandlersFinished);
      return { ...begun, page, swept, progress: report.now() };
    }
    await suspension.gate();
    swept = addTallies(swept, await activities.sweepPrune(prune, page));
    const { deleted, data, changed, locked = 0, deletedBytes, dataBytes } = swept;
    report.milestone((now) => ({ ...now, files: deleted + data + changed + locked, bytes: deletedBytes + dataBytes }));
  }
  report.advance((now) => ({ ...now, phase: 'committing' }));
  await suspension.gate();
  const { kept, keptBytes, foreign, foreignBytes } = marked.tally;
  const tally = prune.dryRun ? marked.tally : { ...swept, kept, keptBytes, foreign, foreignBytes };
  const finishedAt = new Date().toISOString();
  const address = await activities.closePrune(prune, { ...plan, ...tally, startedAt, finishedAt });
  report.milestone((now) => ({ ...now, phase: 'done' }));
  return { ...plan, ...tally, report: address };
}

function blockedBy(instanceId: string): ApplicationFailure {
  return ApplicationFailure.nonRetryable(
    `The backup ${instanceId} began before this prune and has not ended in time: wait for its end or end it, and prune again; nothing was deleted`,
    failureTypes.pruneRefused,
  );
}

/** The activities of one prune, after it was opened. */
function pruneActivities(prune: Prune) {
  return proxyActivities<Activities>(recordOptions(prune));
}
