import { allHandlersFinished, condition, sleep, workflowInfo } from '@temporalio/workflow';
import type { JobOptions, JobProgress, FileFailure } from '../../contracts/job.ts';
import {
  busyCarry,
  firstCarry,
  rewindCarry,
  type Counted,
  type Opened,
  type PagedCarry,
  type PagedRun,
} from './carry.ts';
import { pagedActivities, type PagedCalls, type Proxies } from './paged-activities.ts';
import { createProgressReport, publish, type ProgressReport } from './progress-report.ts';
import { sealed, startProgress } from './progress.ts';
import { runPages, type PagedContext } from './run-pages.ts';
import { createSuspension } from './suspension.ts';
import { chooseQueue, type WorkerQueue } from './worker-queue.ts';

/** What the workflows of backups, restores and verifications differ in. */
export interface PagedWorkflow<I, R extends PagedRun, T, C, S> {
  /** What the work on pages is called. */
  readonly phase: JobProgress['phase'];
  readonly callsOf: (recording: Proxies, copying: Proxies) => PagedCalls<R, T, C>;
  readonly emptyTally: T;
  /** What a run is about, as Temporal's Web UI shows it. */
  readonly about: (run: R) => string;
  readonly open: (input: I, startedAt: string, workers: WorkerQueue) => Promise<Opened<R>>;
  /** Opens once more the run that a rewound job goes on with. */
  readonly reopen: (run: R, startedAt: string, where: Where) => Promise<R>;
  /** The result of a job that has ended; throws when something failed. */
  readonly complete: (run: R, end: PagedEnd<R, T, C>) => S;
  /** Is told when a job fails that was not rewound, and of which run as far as there is one. */
  readonly onFailure?: (input: I, run: R | undefined, error: unknown) => Promise<void>;
}

interface Where {
  readonly workers: WorkerQueue;
  readonly report: ProgressReport<JobProgress>;
}

/** How a job ended, and what a rewind of it starts from. */
export interface PagedEnd<R extends PagedRun, T, C> {
  readonly committed: C;
  readonly failures: readonly FileFailure[];
  readonly rewind: PagedCarry<R, T>;
}

/** What says where a job runs. */
interface PagedInput {
  readonly worker?: string;
  readonly options?: Partial<JobOptions>;
}

/** Runs a job over a list of files of any length from its opening to its commit. `again` continues it as new. */
export async function runPagedJob<
  I extends PagedInput,
  R extends PagedRun,
  T extends Counted<T>,
  C extends { readonly tally: T },
  S,
>(
  kind: PagedWorkflow<I, R, T, C, S>,
  input: I,
  carry: PagedCarry<R, T> | undefined,
  again: (carry: PagedCarry<R, T>) => Promise<never>,
): Promise<S> {
  let run = carry?.run;
  const report = createProgressReport(carry?.progress ?? startProgress, (now) =>
    publishPaged(now, run && { id: run.id, about: kind.about(run) }),
  );
  const suspension = createSuspension(report);
  await suspension.gate();
  const workers = chooseQueue(input, report, suspension);
  const startedAt = workflowInfo().startTime.toISOString();
  // One that continues as new has never been closed.
  const isRewound = carry !== undefined && workflowInfo().continuedFromExecutionRunId === undefined;
  try {
    const begun = carry ?? firstCarry(await kind.open(input, startedAt, workers), startedAt, kind.emptyTally);
    run = isRewound ? await kind.reopen(begun.run, startedAt, { workers, report }) : begun.run;
    const activitiesOf = (ofRound: R) => pagedActivities(ofRound, kind.callsOf, suspension, workers);
    const end = await runRounds({ ...begun, run }, { activitiesOf, report, suspension, phase: kind.phase, again });
    return kind.complete(run, end);
  } catch (error) {
    if (!isRewound) await kind.onFailure?.(input, run, error);
    throw error;
  }
}

/**
 * Works through all pages, takes files that others were busy with up again at the end, after a pause, and commits what came of it all.
 */
async function runRounds<R extends PagedRun, T extends Counted<T>, C extends { readonly tally: T }>(
  begun: PagedCarry<R, T>,
  context: PagedContext<R, T, C>,
): Promise<PagedEnd<R, T, C>> {
  const { report, suspension, phase } = context;
  let ended = await runPages(begun, context);
  for (let next = busyCarry(ended); next; next = busyCarry(ended)) {
    await suspension.gate();
    // Twice as long before each round.
    await sleep(next.run.options.busyPause * 2 ** ((next.busyRounds ?? 1) - 1));
    const { busyFiles = 0 } = ended;
    report.advance((now) => ({ ...now, failed: now.failed - busyFiles }));
    ended = await runPages(next, context);
  }
  report.advance((now) => ({ ...now, phase: 'committing' }));
  const { run, startedAt, rootAttributes } = ended;
  const finishedAt = new Date().toISOString();
  const end = { startedAt, finishedAt, ...(rootAttributes && { rootAttributes }) };
  const committed = await context.activitiesOf(run).commit(end);
  report.milestone((now) => ({ ...sealed(now, now, committed.tally), phase: 'done' }));
  await condition(allHandlersFinished);
  return {
    committed,
    failures: ended.failures.map(({ path, outcome, reason }) => ({ path, outcome, reason })),
    rewind: rewindCarry(ended, committed.tally, { ...report.now(), phase }),
  };
}

/** Shows where a job stands; before its run is open it is not known what it is about. */
export function publishPaged(progress: JobProgress, run?: { readonly id: string; readonly about: string }): void {
  const state = `**${progress.suspended ? 'suspended' : progress.phase}**`;
  if (run === undefined) return publish(progress, [state]);
  const total = progress.listed ? progress.totalFiles : `${progress.totalFiles}+`;
  publish(progress, [
    `${state} ${run.about}`,
    '',
    `- \`${run.id}\``,
    `- ${progress.files} of ${total} files, ${progress.bytes} bytes`,
    `- ${progress.failed} failed`,
  ]);
}
