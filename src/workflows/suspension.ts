import { condition, setHandler } from '@temporalio/workflow';
import { resumeSignal, resumeUpdate, suspendSignal, suspendUpdate } from './messages.ts';
import type { ProgressReport } from './progress-report.ts';

/** Whether a workflow may start new activities, as its callers decide by message. */
export interface Suspension {
  /** Resolves at once unless suspended, and then when resumed. Rejects when the workflow is cancelled meanwhile. */
  readonly gate: () => Promise<void>;
}

/** Answers suspend and resume for the running workflow, which starts as its progress says it was left. */
export function createSuspension<P extends { readonly suspended: boolean }>(report: ProgressReport<P>): Suspension {
  const isSuspended = () => report.now().suspended;
  const set = (suspended: boolean) => {
    if (isSuspended() !== suspended) report.milestone((now) => ({ ...now, suspended }));
  };
  setHandler(suspendUpdate, () => set(true));
  setHandler(resumeUpdate, () => set(false));
  setHandler(suspendSignal, () => set(true));
  setHandler(resumeSignal, () => set(false));
  return {
    gate: async () => {
      if (isSuspended()) await condition(() => !isSuspended());
    },
  };
}
