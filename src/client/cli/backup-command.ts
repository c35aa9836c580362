import { setTimeout as sleep } from 'node:timers/promises';
import { workflowNames, type BackupInput } from '../../shared/contract.ts';
import { JobExistsError, type Jobs } from '../jobs/jobs.ts';
import type { JobResult } from '../jobs/job.ts';
import { exitCodeOf, exitCodes } from './exit-code.ts';
import { onInterrupt } from './interrupts.ts';
import type { ProgressDisplay } from './progress-display.ts';
import { reportJson, reportText, type ReportContext } from './report.ts';

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
  /** Writes a line beside the answer. */
  readonly note: (text: string) => void;
  readonly storageUrl?: string;
  readonly webUi?: string;
}

const lookEvery = 500;

/** Starts a backup, or joins the one of the same directory that is under way, waits for its end and reports it. Returns the exit code. */
export async function runBackupCommand(command: BackupCommand): Promise<number> {
  const { jobs, instanceId, note } = command;
  const began = performance.now();
  await startOrJoin(command);

  const leaving = new AbortController();
  const stopListening = onInterrupt(
    () => {
      note('Stopping: waiting for the files under way. Ctrl-C again leaves at once.');
      jobs.cancel(instanceId).catch((error: unknown) => note(`Could not cancel: ${String(error)}`));
    },
    () => leaving.abort(),
  );
  try {
    const result = await Promise.race([watch(command), left(leaving.signal)]);
    if (result === 'left') return exitCodes.interrupted;
    report(result, command, performance.now() - began);
    return exitCodeOf(result);
  } finally {
    stopListening();
    command.display.close();
  }
}

async function startOrJoin({ jobs, input, instanceId, note }: BackupCommand): Promise<void> {
  try {
    await jobs.start(workflowNames.backup, [input], { instanceId, summary: `Back up ${input.root}` });
  } catch (error) {
    if (!(error instanceof JobExistsError)) throw error;
    note(`A backup of ${input.root} is under way already; going on with it.`);
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
  return new Promise((resolve) => signal.addEventListener('abort', () => resolve('left'), { once: true }));
}
