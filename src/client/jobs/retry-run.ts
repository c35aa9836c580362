import { shellWord } from '../../lib/shell-word.ts';
import { failureTypes } from '../../contracts/failures.ts';
import type { Manifest } from '../../contracts/manifest.ts';
import { isSuspect } from '../../contracts/suspicion.ts';
import { isEnded, type JobStatus } from './job.ts';
import { JobExistsError, type Jobs } from './jobs.ts';

/**
 * What became of the wish to copy what failed in a run: `started`; `running` its instance is under way; `complete` nothing failed;
 * `gone` Temporal does not know the instance; `replaced` the instance has begun another run since; `stopped` it was cancelled or
 * terminated, and nothing is kept that it could start from.
 */
export type Retry = 'started' | 'running' | RetryRefusal;

type RetryRefusal = 'complete' | 'gone' | 'replaced' | 'stopped';

/** Rewinds the instance of a run, so that it copies exactly what failed and completes the run's manifest. */
export async function retryRun(jobs: Jobs, { run, instanceId, complete }: Manifest): Promise<Retry> {
  if (complete) return 'complete';
  const status = await jobs.status(instanceId, { showInput: false });
  if (!status) return 'gone';
  if (!isEnded(status.runtimeStatus)) return 'running';
  if (runOf(status) !== run) return status.failure || status.runtimeStatus === 'Completed' ? 'replaced' : 'stopped';
  return rewind(jobs, instanceId);
}

async function rewind(jobs: Jobs, instanceId: string): Promise<Retry> {
  try {
    const rewound = await jobs.rewind(instanceId);
    if (rewound === 'started') return 'started';
    return rewound === 'unknown' ? 'gone' : 'stopped';
  } catch (error) {
    if (error instanceof JobExistsError) return 'running';
    throw error;
  }
}

function runOf({ failure }: JobStatus): string | undefined {
  if (failure?.type !== failureTypes.backupIncomplete && failure?.type !== failureTypes.backupSuspect) return undefined;
  return (failure.details[0] as { runId?: string } | undefined)?.runId;
}

/** Why a run is not retried, and what to do instead. */
export function whyNotRetried(refusal: RetryRefusal, manifest: Manifest): string {
  const { run, root, instanceId } = manifest;
  const instead = `start a backup of ${root} (\`durable-backup backup ${shellWord(root)}\`), which takes up what is missing`;
  switch (refusal) {
    case 'complete':
      if (isSuspect(manifest))
        return `Nothing failed in run ${run}, which is suspect: accept it with \`durable-backup accept ${run}\` if that is meant, or see to it that ${root} is whole and back it up again`;
      return `Run ${run} is complete: there is nothing to retry`;
    case 'gone':
      return `Temporal does not know the instance ${instanceId} of run ${run} (any more, or on this task queue): ${instead}`;
    case 'replaced':
      return `The instance ${instanceId} of run ${run} has begun another run since: retry that one, or ${instead}`;
    case 'stopped':
      return `The instance ${instanceId} of run ${run} was stopped, and nothing is kept that a retry could start from: ${instead}`;
  }
}
