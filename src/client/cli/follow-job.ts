import { setTimeout as sleep } from 'node:timers/promises';
import type { Jobs } from '../jobs/jobs.ts';
import type { JobResult } from '../jobs/job.ts';
import { exitCodeOf, exitCodes } from './exit-code.ts';
import type { ProgressDisplay } from './render/progress-display.ts';
import { errorJson, reportJson, reportText, type ReportContext, type ReportKind } from './render/report.ts';

/** What a command that waits for a job talks to. */
interface Terminal {
  readonly display: ProgressDisplay;
  readonly json: boolean;
  /** Says nothing of a job that went well, unless in JSON. */
  readonly quiet: boolean;
  /** Writes a line of the answer. */
  readonly answer: (text: string) => void;
  /** Aborts when the job shall be cancelled. */
  readonly stop: AbortSignal;
  /** Aborts when the command shall end without waiting for anything more. */
  readonly leave: AbortSignal;
}

export interface FollowedJob<S extends object> {
  readonly jobs: Jobs;
  readonly instanceId: string;
  readonly terminal: Terminal;
  readonly kind: ReportKind<S>;
  /** Starts the job, unless it is under way. */
  readonly begin: () => Promise<void>;
  /** What there is to say before the report, of a job that left a summary. */
  readonly beforeReport?: (summary: S) => Promise<void>;
  readonly storageUrl?: string;
  readonly webUi?: string;
}

const lookEvery = 500;

/** Begins a job, or joins it, waits for its end and reports it. Returns the exit code. */
export async function followJob<S extends object>(job: FollowedJob<S>): Promise<number> {
  const { instanceId, terminal } = job;
  const { stop, leave, display } = terminal;
  const began = performance.now();
  const cancel = () => cancelJob(job);
  try {
    const result = await Promise.race([follow(job, cancel), left(leave)]);
    if (result === 'left') {
      const error = `Left before the run had stopped. ${job.kind.again}`;
      display.close();
      if (terminal.json) terminal.answer(errorJson('Interrupted', error, instanceId));
      else display.note(error);
      return exitCodes.interrupted;
    }
    await report(result, job, performance.now() - began);
    return exitCodeOf(result);
  } finally {
    stop.removeEventListener('abort', cancel);
    display.close();
  }
}

async function follow<S extends object>(job: FollowedJob<S>, cancel: () => void): Promise<JobResult> {
  const { stop } = job.terminal;
  await job.begin();
  stop.addEventListener('abort', cancel, { once: true });
  if (stop.aborted) cancel();
  return watch(job);
}

function cancelJob<S extends object>({ jobs, instanceId, terminal: { display } }: FollowedJob<S>): void {
  display.note('Stopping: waiting for the files under way. Ctrl-C again leaves at once.');
  jobs.cancel(instanceId).catch((error: Error) => display.note(`Could not cancel: ${error.message}`));
}

async function watch<S extends object>({ jobs, instanceId, terminal }: FollowedJob<S>): Promise<JobResult> {
  const ended = new AbortController();
  const result = jobs.result(instanceId).finally(() => ended.abort());
  // Progress is for show: when it cannot be had the wait goes on.
  const shown = (async () => {
    while (!ended.signal.aborted) {
      const progress = await jobs.progress(instanceId).catch(() => undefined);
      if (progress && !ended.signal.aborted) terminal.display.show(progress);
      await sleep(lookEvery, undefined, { signal: ended.signal }).catch(() => undefined);
    }
  })();
  await Promise.allSettled([result, shown]);
  return result;
}

async function report<S extends object>(result: JobResult, job: FollowedJob<S>, duration: number): Promise<void> {
  const { instanceId, storageUrl, webUi, kind, terminal } = job;
  const context: ReportContext = {
    instanceId,
    duration,
    ...(storageUrl !== undefined && { storageUrl }),
    ...(webUi !== undefined && { webUi }),
  };
  terminal.display.close();
  if (terminal.quiet && !terminal.json && result.status === 'Completed') return;
  if (terminal.json) {
    terminal.answer(reportJson(result, kind, context));
    return;
  }
  const summary = kind.summaryOf(result);
  if (summary) await job.beforeReport?.(summary);
  terminal.answer(reportText(result, kind, context));
}

function left(signal: AbortSignal): Promise<'left'> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve('left');
    signal.addEventListener('abort', () => resolve('left'), { once: true });
  });
}
