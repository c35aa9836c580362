import { failureTypes } from '../../contracts/failures.ts';
import { setTimeout as sleep } from 'node:timers/promises';
import { JobExistsError, type Jobs } from '../jobs/jobs.ts';
import type { JobResult } from '../jobs/job.ts';
import type { WebUi } from './open/session.ts';
import { exitCodes, type Invocation } from './invocation.ts';
import { createBar, createLines, noDisplay, type ProgressDisplay } from './render/progress-display.ts';
import type { PhaseWords } from './render/progress-line.ts';
import { errorJson, reportJson, reportText, type ReportContext, type ReportKind } from './render/report.ts';

/** What a job is started with. */
interface JobToStart {
  readonly name: string;
  readonly input: object;
  /** Shown in Temporal's Web UI. */
  readonly summary: string;
  /** What it is, as in `backup of /srv/site`. */
  readonly what: string;
}

export interface FollowedJob<S extends object> {
  readonly jobs: Jobs;
  readonly instanceId: string;
  readonly kind: ReportKind<S>;
  readonly words?: PhaseWords;
  /** What is started unless it is under way, or what begins it otherwise. */
  readonly begin: JobToStart | ((jobs: Jobs, note: (line: string) => void) => Promise<void>);
  /** What there is to say before the report, of a job that left a summary. */
  readonly beforeReport?: (summary: S) => Promise<void>;
  readonly storageUrl?: string;
  readonly dataDir?: string;
  readonly webUi?: WebUi;
  readonly ownWorker?: boolean;
}

/** A job with the terminal that shows it. */
interface Shown<S extends object> extends FollowedJob<S> {
  readonly terminal: Invocation;
  readonly display: ProgressDisplay;
}

const lookEvery = 500;
const showsWithin = 1000;

/** Begins a job, or joins it, waits for its end and reports it. Returns the exit code. */
export async function followJob<S extends object>(followed: FollowedJob<S>, terminal: Invocation): Promise<number> {
  const display = displayOf(terminal, followed.words);
  const job: Shown<S> = { ...followed, terminal, display };
  const { stop, leave } = terminal;
  const began = performance.now();
  const cancel = () => cancelJob(job);
  try {
    const result = await Promise.race([follow(job, cancel), left(leave)]);
    if (result === 'left') {
      const error = `Left before the run had stopped. ${job.kind.again}`;
      display.close();
      if (terminal.json) terminal.answer(errorJson('Interrupted', error, job.instanceId));
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

function displayOf({ quiet, note }: Invocation, words: PhaseWords = {}): ProgressDisplay {
  if (quiet) return noDisplay;
  return process.stderr.isTTY ? createBar(process.stderr, words) : createLines(note, { words });
}

async function follow<S extends object>(job: Shown<S>, cancel: () => void): Promise<JobResult> {
  const { stop } = job.terminal;
  const { begin, jobs, display } = job;
  const note = (line: string) => display.note(line);
  await (typeof begin === 'function' ? begin(jobs, note) : startOrJoin(job, begin, note));
  stop.addEventListener('abort', cancel, { once: true });
  if (stop.aborted) cancel();
  return watch(job);
}

/** Starts a job unless it is under way, after the end of one that is being stopped. */
async function startOrJoin<S extends object>(
  { jobs, instanceId }: Shown<S>,
  { name, input, summary, what }: JobToStart,
  note: (line: string) => void,
): Promise<void> {
  const start = () => jobs.start(name, [input], { instanceId, summary });
  try {
    await start();
  } catch (error) {
    if (!(error instanceof JobExistsError)) throw error;
    if (!(await jobs.isStopping(instanceId))) {
      note(`A ${what} is under way already; going on with it.`);
      return;
    }
    note(`An earlier ${what} is being stopped; starting when it has ended.`);
    await jobs.result(instanceId);
    await start();
  }
}

function cancelJob<S extends object>({ jobs, instanceId, display }: Shown<S>): void {
  display.note('Stopping: waiting for the files under way. Ctrl-C again leaves at once.');
  jobs.cancel(instanceId).catch((error: Error) => display.note(`Could not cancel: ${error.message}`));
}

async function watch<S extends object>({ jobs, instanceId, display }: Shown<S>): Promise<JobResult> {
  const ended = new AbortController();
  const result = jobs.result(instanceId).finally(() => ended.abort());
  // Progress is for show: when it cannot be had the wait goes on.
  const shown = (async () => {
    while (!ended.signal.aborted) {
      const progress = await jobs.progress(instanceId).catch(() => undefined);
      if (progress && !ended.signal.aborted) display.show(progress);
      await sleep(lookEvery, undefined, { signal: ended.signal }).catch(() => undefined);
    }
  })();
  await Promise.allSettled([result, shown]);
  return result;
}

async function report<S extends object>(result: JobResult, job: Shown<S>, duration: number): Promise<void> {
  const { kind, terminal } = job;
  const context = await contextOf(job, duration);
  job.display.close();
  if (terminal.quiet && !terminal.json && result.status === 'Completed') return;
  if (terminal.json) {
    terminal.answer(reportJson(result, kind, context));
    return;
  }
  const summary = kind.summaryOf(result);
  if (summary) await job.beforeReport?.(summary);
  terminal.answer(reportText(result, kind, context));
}

async function contextOf<S extends object>(
  { instanceId, storageUrl, dataDir, webUi, ownWorker = false, terminal: { verbose } }: Shown<S>,
  duration: number,
): Promise<ReportContext> {
  return {
    instanceId,
    duration,
    verbose,
    ownWorker,
    ...(storageUrl !== undefined && { storageUrl }),
    ...(dataDir !== undefined && { dataDir }),
    ...(verbose && webUi && { webUi: await pageOf(webUi, instanceId) }),
  };
}

/** The page of an instance; where nothing shows it now, what does. */
async function pageOf({ url, namespace, embedded }: WebUi, instanceId: string): Promise<string> {
  const page = `${url}/namespaces/${namespace}/workflows/${instanceId}`;
  if (!embedded) return page;
  const asked = `${url}/api/v1/namespaces/${namespace}/workflows/${instanceId}`;
  const answer = await fetch(asked, { signal: AbortSignal.timeout(showsWithin) }).catch(() => undefined);
  await answer?.body?.cancel();
  return answer?.ok === true ? page : `\`durable-backup dev\`, then ${page}`;
}

function left(signal: AbortSignal): Promise<'left'> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve('left');
    signal.addEventListener('abort', () => resolve('left'), { once: true });
  });
}

// Jobs that came to their end, with something to tell of single files.
const incompleteTypes: readonly string[] = [
  failureTypes.backupIncomplete,
  failureTypes.restoreIncomplete,
  failureTypes.verificationFailed,
];

export function exitCodeOf(result: JobResult): number {
  switch (result.status) {
    case 'Completed':
      return exitCodes.done;
    case 'Failed':
      if (result.failure.type === failureTypes.backupSuspect) return exitCodes.suspect;
      return incompleteTypes.includes(result.failure.type) ? exitCodes.incomplete : exitCodes.error;
    case 'Canceled':
      return exitCodes.interrupted;
    case 'Terminated':
      return exitCodes.error;
  }
}
