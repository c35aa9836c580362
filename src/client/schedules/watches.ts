import { isDeepStrictEqual } from 'node:util';
import { ExpectedError, failureTypes } from '../../shared/failures.ts';
import { watchId, watchIdPrefix, watchWorkflow, type WatchInput } from '../../shared/scheduled.ts';
import { watchSignal } from '../../workflows/messages.ts';
import { isGone, type Door } from '../jobs/door.ts';
import { describe } from '../jobs/execution.ts';
import { listIds } from '../jobs/list-ids.ts';
import { runningQuery } from '../jobs/visibility-query.ts';

/** How a watch stands to what it should be. */
export type WatchState = 'absent' | 'other' | 'same';

/** Throws `InvalidInput` when another task queue has a watch for a source of this name. */
export async function stateOfWatch(door: Door, wanted: WatchInput): Promise<WatchState> {
  const found = await door.ask(() => describe(door.client, watchId(wanted.source)));
  if (!found || found.closeTime !== undefined) return 'absent';
  if (found.taskQueue !== door.taskQueue) throw takenElsewhere('watch', wanted.source, found.taskQueue);
  return isDeepStrictEqual(found.memo?.['watch'], JSON.parse(JSON.stringify(wanted))) ? 'same' : 'other';
}

/** Starts the watch of a source, or tells the one there is what to watch for from now on. */
export async function putWatch({ client, ask, taskQueue }: Door, wanted: WatchInput): Promise<void> {
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
export async function watchedSources({ client, taskQueue, ask }: Door): Promise<string[]> {
  return ask(async () => {
    const running = await Array.fromAsync(listIds(client, runningQuery(taskQueue, watchWorkflow)));
    return running.map(({ workflowId }) => workflowId.slice(watchIdPrefix.length));
  });
}

/** Ends the watch of a source. */
export async function endWatch({ client, ask }: Door, source: string): Promise<void> {
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
