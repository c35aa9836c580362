import { type ScheduleDescription, ScheduleAlreadyRunning, ScheduleNotFoundError } from '@temporalio/client';
import { scheduleIdPrefix } from '../../contracts/scheduled.ts';
import { whenOf } from './schedule-plan.ts';
import { ExpectedError, failureTypes } from '../../contracts/failures.ts';
import type { JobClient } from '../jobs/job-client.ts';
import { JobExistsError } from '../jobs/start-job.ts';

/** The schedule of a source, as Temporal has it. Times are ISO 8601. */
export interface ScheduleInfo {
  readonly source: string;
  /** The cron's text, or `every 6h`. */
  readonly when: string;
  readonly timeZone: string;
  readonly paused: boolean;
  /** Why it is paused. */
  readonly note?: string;
  /** The next starts, soonest first, before any jitter; none while it is paused. */
  readonly next: readonly string[];
  /** The last start. */
  readonly last?: { readonly at: string; readonly instanceId: string };
  /** Instances that are under way. */
  readonly running: readonly string[];
  /** Starts so far; those left out because a run was under way; and those that were missed for longer than is made up for. */
  readonly started: number;
  readonly skipped: number;
  readonly missed: number;
}

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
