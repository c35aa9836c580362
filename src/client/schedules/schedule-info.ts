import { type ScheduleDescription, ScheduleAlreadyRunning, ScheduleNotFoundError } from '@temporalio/client';
import { z } from 'zod';
import type { Immutable } from '../../contracts/input.ts';
import { scheduleIdPrefix } from '../../contracts/scheduled.ts';
import { whenOf } from './schedule-plan.ts';
import { ExpectedError, failureTypes } from '../../contracts/failures.ts';
import type { JobClient } from '../jobs/job-client.ts';
import { JobExistsError } from '../jobs/start-job.ts';

const time = z.iso.datetime();
const count = z.int().min(0);

/** The schedule of a source, as Temporal has it. */
export const scheduleInfoSchema = z
  .strictObject({
    source: z.string().meta({ description: 'The name of its source' }),
    when: z.string().meta({ description: 'Its cron, or how often' }),
    timeZone: z.string(),
    paused: z.boolean(),
    note: z.string().exactOptional().meta({ description: 'Why it is paused' }),
    // None while it is paused.
    next: z.array(time).meta({ description: 'When the next runs start, before any jitter' }),
    last: z.strictObject({ at: time, instanceId: z.string() }).exactOptional().meta({ description: 'The last start' }),
    running: z.array(z.string()).meta({ description: 'Instances that are under way' }),
    started: count.meta({ description: 'Starts so far' }),
    skipped: count.meta({ description: 'Starts left out because a run was under way' }),
    missed: count.meta({ description: 'Starts that were missed for longer than is made up for' }),
  })
  .meta({ id: 'Schedule', description: 'The schedule of a source' });

export type ScheduleInfo = Immutable<z.infer<typeof scheduleInfoSchema>>;

export function scheduleInfoOf({ scheduleId, spec, state, info }: ScheduleDescription): ScheduleInfo {
  const last = info.recentActions.at(-1);
  return {
    source: scheduleId.slice(scheduleIdPrefix.length),
    when: whenOf(spec),
    timeZone: spec.timezone === undefined || spec.timezone === '' ? 'UTC' : spec.timezone,
    paused: state.paused,
    ...(state.paused && state.note && { note: state.note }),
    next: state.paused ? [] : info.nextActionTimes.map((time) => time.toISOString()),
    ...(last && { last: { at: last.takenAt.toISOString(), instanceId: last.action.workflow.workflowId } }),
    running: info.runningActions.map(({ workflow }) => workflow.workflowId),
    started: info.numActionsTaken,
    skipped: info.numActionsSkippedOverlap,
    missed: info.numActionsMissedCatchupWindow,
  };
}

/**
 * Asks Temporal to do something about the schedule of a source. Throws `InvalidInput` for one that it refuses, `ScheduleNotFound` for one
 * that was removed meanwhile, and {@link JobExistsError} for one that somebody else made meanwhile.
 */
export async function askSchedule<T>({ ask }: JobClient, source: string, call: () => Promise<T>): Promise<T> {
  try {
    return await ask(call);
  } catch (error) {
    throw explained(error, source);
  }
}

const usualFix = 'give the source one in the sources file, and apply it with `durable-backup schedule apply`';

export function scheduleNotFound(source: string, fix = usualFix): ExpectedError {
  return new ExpectedError(
    failureTypes.scheduleNotFound,
    `There is no schedule for a source ${JSON.stringify(source)}: ${fix}`,
  );
}

function explained(error: unknown, source: string): unknown {
  if (error instanceof ScheduleNotFoundError) return scheduleNotFound(source, 'it was removed meanwhile');
  if (error instanceof ScheduleAlreadyRunning) {
    return new JobExistsError(`Somebody else has made a schedule for ${source} meanwhile: apply again.`);
  }
  // So Temporal's client throws what the server says of a schedule that it cannot read.
  if (error instanceof TypeError) {
    const refused = `sources.${source}.schedule: Temporal refuses it: ${error.message}`;
    return new ExpectedError(failureTypes.invalidInput, refused, { cause: error });
  }
  return error;
}
