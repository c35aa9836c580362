import { isDeepStrictEqual } from 'node:util';
import { ExpectedError, failureTypes } from '../../contracts/failures.ts';
import { watchId, watchIdPrefix, watchWorkflow, type WatchInput } from '../../contracts/scheduled.ts';
import { watchSignal } from '../../workflows/messages.ts';
import { isGone, type JobClient } from '../jobs/job-client.ts';
import { describe } from '../jobs/execution.ts';
import { listIds } from '../jobs/list-ids.ts';
import { runningQuery } from '../jobs/visibility-query.ts';

/** How a watch stands to what it should be. */
export type WatchState = 'absent' | 'other' | 'same';

/** Throws `InvalidInput` when another task queue has a watch for a source of this name. */
export async function stateOfWatch(jobClient: JobClient, wanted: WatchInput): Promise<WatchState> {
  const found = await jobClient.ask(() => describe(jobClient.client, watchId(wanted.source)));
  if (!found || found.closeTime !== undefined) return 'absent';
  if (found.taskQueue !== jobClient.taskQueue) throw takenElsewhere('watch', wanted.source, found.taskQueue);
  return isDeepStrictEqual(found.memo?.['watch'], JSON.parse(JSON.stringify(wanted))) ? 'same' : 'other';
}

/** Starts the watch of a source, or tells the one there is what to watch for from now on. */
export async function putWatch({ client, ask, taskQueue }: JobClient, wanted: WatchInput): Promise<void> {
  await ask(() =>
    client.workflow.signalWithStart(watchWorkflow, {
      taskQueue,
      workflowId: watchId(wanted.source),
      args: [wanted],
      memo: { watch: wanted },
      staticSummary: `Watches for successes of ${wanted.source}`,
      signal: watchSignal,
      signalArgs: [wanted],
    }),
  );
}

/** The sources that are watched. Temporal's list lags behind by a second or so. */
export async function watchedSources({ client, taskQueue, ask }: JobClient): Promise<string[]> {
  return ask(async () => {
    const running = await Array.fromAsync(listIds(client, runningQuery(taskQueue, watchWorkflow)));
    return running.map(({ workflowId }) => workflowId.slice(watchIdPrefix.length));
  });
}

/** Ends the watch of a source. */
export async function endWatch({ client, ask }: JobClient, source: string): Promise<void> {
  try {
    await ask(() => client.workflow.getHandle(watchId(source)).terminate('The sources file wants no watch any more'));
  } catch (error) {
    if (!isGone(error)) throw error;
  }
}

export function takenElsewhere(what: 'schedule' | 'watch', source: string, taskQueue: string): ExpectedError {
  return new ExpectedError(
    failureTypes.invalidInput,
    `sources.${source}: the task queue ${taskQueue} has a ${what} for a source of this name: give this one another name, or set TASK_QUEUE to that`,
  );
}
