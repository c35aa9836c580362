import { setTimeout as sleep } from 'node:timers/promises';
import { workflowNames, type BackupInput } from '../../shared/contract.ts';
import { JobExistsError, type Jobs } from '../jobs/jobs.ts';
import type { JobResult } from '../jobs/job.ts';
import { exitCodeOf, exitCodes } from './exit-code.ts';
import type { ProgressDisplay } from './progress-display.ts';
import { errorJson, reportJson, reportText, type ReportContext } from './report.ts';

export interface BackupCommand {
  readonly jobs: Jobs;
  readonly input: BackupInput;
  readonly instanceId: string;
  readonly display: ProgressDisplay;
  readonly json: boolean;
  /** Says nothing of a run that went well, unless in JSON. */
  readonly quiet: boolean;
  /** Writes a line of the answer. */
  readonly answer: (text: string) => void;
  /** Aborts when the run shall be cancelled. */
  readonly stop: AbortSignal;
  /** Aborts when the command shall end without waiting for anything more. */
  readonly leave: AbortSignal;
  readonly storageUrl?: string;
  readonly webUi?: string;
}

const lookEvery = 500;

/** Starts a backup, or joins the one of the same directory that is under way, waits for its end and reports it. Returns the exit code. */
export async function runBackupCommand(command: BackupCommand): Promise<number> {
  const { instanceId, stop, leave, display } = command;
  const began = performance.now();
  const cancel = () => cancelRun(command);
  try {
    const result = await Promise.race([follow(command, cancel), left(leave)]);
    if (result === 'left') {
      const error = `Left before the run had stopped. The same command takes up what was copied.`;
      display.close();
      if (command.json) command.answer(errorJson('Interrupted', error, instanceId));
      else display.note(error);
      return exitCodes.interrupted;
    }
    report(result, command, performance.now() - began);
    return exitCodeOf(result);
  } finally {
    stop.removeEventListener('abort', cancel);
    display.close();
  }
}

async function follow(command: BackupCommand, cancel: () => void): Promise<JobResult> {
  await startOrJoin(command);
  command.stop.addEventListener('abort', cancel, { once: true });
  if (command.stop.aborted) cancel();
  return watch(command);
}

function cancelRun({ jobs, instanceId, display }: BackupCommand): void {
  display.note('Stopping: waiting for the files under way. Ctrl-C again leaves at once.');
  jobs.cancel(instanceId).catch((error: Error) => display.note(`Could not cancel: ${error.message}`));
}

async function startOrJoin({ jobs, input, instanceId, display }: BackupCommand): Promise<void> {
  const start = () => jobs.start(workflowNames.backup, [input], { instanceId, summary: `Back up ${input.root}` });
  try {
    await start();
  } catch (error) {
    if (!(error instanceof JobExistsError)) throw error;
    if (!(await jobs.isStopping(instanceId))) {
      display.note(`A backup of ${input.root} is under way already; going on with it.`);
      return;
    }
    display.note(`An earlier backup of ${input.root} is being stopped; starting when it has ended.`);
    await jobs.result(instanceId);
    await start();
  }
}

async function watch({ jobs, instanceId, display }: BackupCommand): Promise<JobResult> {
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

function report(result: JobResult, command: BackupCommand, duration: number): void {
  const { instanceId, storageUrl, webUi } = command;
  const context: ReportContext = {
    instanceId,
    duration,
    ...(storageUrl !== undefined && { storageUrl }),
    ...(webUi !== undefined && { webUi }),
  };
  command.display.close();
  if (command.quiet && !command.json && result.status === 'Completed') return;
  command.answer(command.json ? reportJson(result, context) : reportText(result, context));
}

function left(signal: AbortSignal): Promise<'left'> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve('left');
    signal.addEventListener('abort', () => resolve('left'), { once: true });
  });
}
