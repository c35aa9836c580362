import type { ScheduleDescription } from '@temporalio/client';
import { scheduleIdPrefix } from '../../contracts/scheduled.ts';
import { whenOf } from './schedule-plan.ts';

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
