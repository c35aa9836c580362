import { ScheduleNotFoundError, type ScheduleDescription } from '@temporalio/client';
import { isDeepStrictEqual } from 'node:util';
import { z } from 'zod';
import { ExpectedError, failureTypes } from '../../contracts/failures.ts';
import type { Immutable } from '../../contracts/input.ts';
import { scheduleFault } from '../../contracts/schedule.ts';
import {
  scheduleId,
  scheduleIdPrefix,
  watchId,
  watchIdPrefix,
  watchWorkflow,
  type WatchInput,
} from '../../contracts/scheduled.ts';
import type { SourceDefinition } from '../../contracts/sources.ts';
import { isGone, type JobClient } from '../jobs/job-client.ts';
import { inLanes } from '../../lib/in-lanes.ts';
import { askSchedule } from './schedule-info.ts';
import { differencesOf, isScheduled, plannedSchedule, type ScheduledSource } from './schedule-plan.ts';
import { scheduledInputOf, watchInputOf } from './scheduled-input.ts';
import { watchSignal } from '../../workflows/messages.ts';
import { describe } from '../jobs/find-jobs.ts';
import { listIds } from '../jobs/purge-jobs.ts';
import { runningQuery } from '../jobs/visibility-query.ts';

// In bytes. What is longer would be kept outside of Temporal, where nothing knows that a schedule still needs it.
const mostKept = 40_000;

/** What applying the sources file does about one source. */
export const appliedChangeSchema = z
  .strictObject({
    source: z.string(),
    // The schedule that starts its runs, or the watch that tells of missing ones.
    what: z.enum(['schedule', 'watch']),
    change: z.enum(['created', 'updated', 'removed', 'unchanged']),
    differences: z.array(z.string()).exactOptional().meta({ description: 'In which respects it was another' }),
  })
  .meta({ description: 'What became of one schedule, or of one watch' });

export type AppliedChange = Immutable<z.infer<typeof appliedChangeSchema>>;

interface Planned extends AppliedChange {
  readonly make?: () => Promise<unknown>;
}

/**
 * Makes the schedules and watches of this task queue those of the sources: creates, updates, and removes what no source wants any more.
 * Those of others, and whether one is paused, stay as they are. All is checked before anything is changed; what fails half-way is made
 * good by doing it again. A dry run changes nothing. Throws `InvalidInput`.
 */
export async function applySchedules(
  jobClient: JobClient,
  sources: readonly SourceDefinition[],
  { dryRun }: { dryRun: boolean },
): Promise<AppliedChange[]> {
  for (const source of sources) checkSource(source);
  const planned = (
    await Promise.all([
      inLanes(sources.filter(isScheduled), (source) => planSchedule(jobClient, source)),
      planRemovals(jobClient, sources),
      planWatches(jobClient, sources),
    ])
  ).flat();
  if (!dryRun) await inLanes(planned, async ({ make }) => make?.());
  return planned.map(changeOf).sort((a, b) => (sortKey(a) < sortKey(b) ? -1 : 1));
}

function changeOf({ source, what, change, differences }: Planned): AppliedChange {
  return { source, what, change, ...(differences && { differences }) };
}

// A space sorts before all that a name may hold.
function sortKey({ source, what }: AppliedChange): string {
  return `${source} ${what}`;
}

function checkSource(source: SourceDefinition): void {
  const { name, schedule } = source;
  const refuse = (what: string) => new ExpectedError(failureTypes.invalidInput, `sources.${name}${what}`);
  const fault = schedule && scheduleFault(schedule);
  if (fault) throw refuse(`.schedule.${fault.field}: ${fault.message}`);
  if (Buffer.byteLength(JSON.stringify(scheduledInputOf(source))) <= mostKept) return;
  throw refuse(
    `: is too long to be kept with a schedule: move patterns of its filters into an ignore file in its root`,
  );
}

async function planSchedule(jobClient: JobClient, source: ScheduledSource): Promise<Planned> {
  const { client, taskQueue } = jobClient;
  const named = { source: source.name, what: 'schedule' } as const;
  const send = <T>(call: () => Promise<T>) => askSchedule(jobClient, source.name, call);
  const wanted = plannedSchedule(source, taskQueue);
  const found = await describeSchedule(jobClient, source.name);
  if (!found) return { ...named, change: 'created', make: () => send(() => client.schedule.create(wanted)) };
  if (found.action.taskQueue !== taskQueue) throw takenElsewhere('schedule', source.name, found.action.taskQueue);
  const differences = differencesOf(source, taskQueue, found);
  if (differences.length === 0) return { ...named, change: 'unchanged' };
  const update = () => client.schedule.getHandle(wanted.scheduleId).update(({ state }) => ({ ...wanted, state }));
  return { ...named, change: 'updated', differences, make: () => send(update) };
}

async function planRemovals(jobClient: JobClient, sources: readonly SourceDefinition[]): Promise<Planned[]> {
  const wanted = new Set(sources.filter(isScheduled).map(({ name }) => name));
  const gone = (await scheduledNames(jobClient)).filter((name) => !wanted.has(name));
  const found = await inLanes(gone, async (source) => ((await isOurs(jobClient, source)) ? [source] : []));
  return found.flat().map((source) => ({
    source,
    what: 'schedule',
    change: 'removed',
    make: () => removeSchedule(jobClient, source),
  }));
}

/** The names of all sources that have schedules in this namespace. Temporal's list lags behind by a second or so. */
export async function scheduledNames({ client, ask }: JobClient): Promise<string[]> {
  const all = await ask(() => Array.fromAsync(client.schedule.list()));
  return all.flatMap(({ scheduleId: id }) =>
    id.startsWith(scheduleIdPrefix) ? [id.slice(scheduleIdPrefix.length)] : [],
  );
}

async function isOurs(jobClient: JobClient, source: string): Promise<boolean> {
  return (await describeSchedule(jobClient, source))?.action.taskQueue === jobClient.taskQueue;
}

/** The schedule of a source, on whatever task queue; undefined when there is none. */
export async function describeSchedule(
  { client, ask }: JobClient,
  source: string,
): Promise<ScheduleDescription | undefined> {
  try {
    return await ask(() => client.schedule.getHandle(scheduleId(source)).describe());
  } catch (error) {
    if (error instanceof ScheduleNotFoundError) return undefined;
    throw error;
  }
}

async function removeSchedule({ client, ask }: JobClient, source: string): Promise<void> {
  try {
    await ask(() => client.schedule.getHandle(scheduleId(source)).delete());
  } catch (error) {
    if (!(error instanceof ScheduleNotFoundError) && !isGone(error)) throw error;
  }
}

async function planWatches(jobClient: JobClient, sources: readonly SourceDefinition[]): Promise<Planned[]> {
  const wanted = sources.flatMap((source) => watchInputOf(source) ?? []);
  const names = new Set(wanted.map(({ source }) => source));
  const changes = { absent: 'created', other: 'updated', same: 'unchanged' } as const;
  const kept = await inLanes(wanted, async (input): Promise<Planned> => {
    const change = changes[await stateOfWatch(jobClient, input)];
    const named = { source: input.source, what: 'watch', change } as const;
    return change === 'unchanged' ? named : { ...named, make: () => putWatch(jobClient, input) };
  });
  const ended = (await watchedSources(jobClient)).filter((source) => !names.has(source));
  const removed = ended.map((source) => ({
    source,
    what: 'watch' as const,
    change: 'removed' as const,
    make: () => endWatch(jobClient, source),
  }));
  return [...kept, ...removed];
}

/** How a watch stands to what it should be. */
type WatchState = 'absent' | 'other' | 'same';

/** Throws `InvalidInput` when another task queue has a watch for a source of this name. */
async function stateOfWatch(jobClient: JobClient, wanted: WatchInput): Promise<WatchState> {
  const found = await jobClient.ask(() => describe(jobClient.client, watchId(wanted.source)));
  if (!found || found.closeTime !== undefined) return 'absent';
  if (found.taskQueue !== jobClient.taskQueue) throw takenElsewhere('watch', wanted.source, found.taskQueue);
  return isDeepStrictEqual(found.memo?.['watch'], JSON.parse(JSON.stringify(wanted))) ? 'same' : 'other';
}

/** Starts the watch of a source, or tells the one there is what to watch for from now on. */
async function putWatch({ client, ask, taskQueue }: JobClient, wanted: WatchInput): Promise<void> {
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
async function watchedSources({ client, taskQueue, ask }: JobClient): Promise<string[]> {
  return ask(async () => {
    const running = await Array.fromAsync(listIds(client, runningQuery(taskQueue, watchWorkflow)));
    return running.map(({ workflowId }) => workflowId.slice(watchIdPrefix.length));
  });
}

/** Ends the watch of a source. */
async function endWatch({ client, ask }: JobClient, source: string): Promise<void> {
  try {
    await ask(() => client.workflow.getHandle(watchId(source)).terminate('The sources file wants no watch any more'));
  } catch (error) {
    if (!isGone(error)) throw error;
  }
}

function takenElsewhere(what: 'schedule' | 'watch', source: string, taskQueue: string): ExpectedError {
  return new ExpectedError(
    failureTypes.invalidInput,
    `sources.${source}: the task queue ${taskQueue} has a ${what} for a source of this name: give this one another name, or set TASK_QUEUE to that`,
  );
}
