import { setHandler } from '@temporalio/workflow';
import type { BackupProgress, Run } from '../shared/contract.ts';
import { progressQuery } from './messages.ts';
import { publish } from './publish.ts';

/** Keeps the progress of the running workflow and answers queries for it. */
export interface ProgressReport {
  readonly now: () => BackupProgress;
  /** Applies a step that shows in queries alone; for what happens often. */
  readonly advance: (step: (now: BackupProgress) => BackupProgress) => void;
  /** Applies a step that is published too, once {@link ProgressReport.begin} has named the run. */
  readonly milestone: (step: (now: BackupProgress) => BackupProgress) => void;
  readonly begin: (run: Run) => void;
}

export function createProgressReport(progress: BackupProgress): ProgressReport {
  let run: Run | undefined;
  setHandler(progressQuery, () => progress);
  const advance: ProgressReport['advance'] = (step) => void (progress = step(progress));
  return {
    now: () => progress,
    advance,
    milestone: (step) => {
      advance(step);
      if (run) publish(run, progress);
    },
    begin: (opened) => void (run = opened),
  };
}
