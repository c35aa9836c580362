import {
  ActivityFailure,
  CancellationScope,
  condition,
  isCancellation,
  setHandler,
  workflowInfo,
} from '@temporalio/workflow';
import { resumeSignal, resumeUpdate, suspendSignal, suspendUpdate } from '../messages.ts';
import type { ProgressReport } from './progress-report.ts';

/** Whether a workflow may start new activities, as its callers decide by message. */
export interface Suspension {
  /** Resolves at once unless suspended, and then when resumed. Rejects when the workflow is cancelled meanwhile. */
  readonly gate: () => Promise<void>;
  /**
   * Runs an activity that may be asked for twice. If it still waits for a worker when a suspension comes, it is taken back, and asked
   * for again after that; if it runs, it runs on to its end.
   */
  readonly recallable: <T>(start: () => Promise<T>) => Promise<T>;
}

// Each recall leaves events behind. Past this many, what is queued is left to run, or suspending over and over would end the workflow.
const recallsUpTo = 8000;

/** Answers suspend and resume for the running workflow, which starts as its progress says it was left. */
export function createSuspension<P extends { readonly suspended: boolean }>(report: ProgressReport<P>): Suspension {
  const underWay = new Set<CancellationScope>();
  const isSuspended = () => report.now().suspended;
  const set = (suspended: boolean) => {
    if (isSuspended() === suspended) return;
    report.milestone((now) => ({ ...now, suspended }));
    if (suspended) recall(underWay);
  };
  setHandler(suspendUpdate, () => set(true));
  setHandler(resumeUpdate, () => set(false));
  setHandler(suspendSignal, () => set(true));
  setHandler(resumeSignal, () => set(false));

  const gate = async () => {
    // Again, for a suspension may follow a resumption before this goes on.
    while (isSuspended()) await condition(() => !isSuspended());
  };
  return {
    gate,
    recallable: async (start) => {
      for (;;) {
        const scope = new CancellationScope();
        underWay.add(scope);
        try {
          return await scope.run(start);
        } catch (error) {
          if (!wasRecalled(scope, error)) throw error;
        } finally {
          underWay.delete(scope);
        }
        await gate();
      }
    },
  };
}

// The server drops at once what no worker has taken. What one has taken learns of it by a heartbeat at most.
function recall(underWay: ReadonlySet<CancellationScope>): void {
  if (underWay.size === 0 || workflowInfo().historyLength > recallsUpTo) return;
  for (const scope of underWay) scope.cancel();
}

function wasRecalled(scope: CancellationScope, error: unknown): boolean {
  if (!scope.consideredCancelled || CancellationScope.current().consideredCancelled) return false;
  // One that ran and failed is not tried again by the server once it was to be taken back.
  return isCancellation(error) || (error instanceof ActivityFailure && error.retryState === 'CANCEL_REQUESTED');
}
