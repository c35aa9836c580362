import { isDeepStrictEqual } from 'node:util';
import type { ScheduleDescription, ScheduleOptions } from '@temporalio/client';
import { workflowNames } from '../../contracts/job.ts';
import { usualCatchupWindow, type SourceSchedule } from '../../contracts/schedule.ts';
import { durationText } from '../../lib/units.ts';
import { scheduleId } from '../../contracts/scheduled.ts';
import type { SourceDefinition } from '../../contracts/sources.ts';
import { scheduledInputOf } from './scheduled-input.ts';

/** A source that has a schedule. */
export type ScheduledSource = SourceDefinition & { readonly schedule: SourceSchedule };

export function isScheduled(definition: SourceDefinition): definition is ScheduledSource {
  return definition.schedule !== undefined;
}

/** The schedule that Temporal should have for a source. */
export function plannedSchedule(definition: ScheduledSource, taskQueue: string) {
  const { name, schedule } = definition;
  const { cron, every, timeZone, jitter, catchupWindow = usualCatchupWindow } = schedule;
  return {
    scheduleId: scheduleId(name),
    spec: {
      // The comment is all that Temporal keeps of the text; whoever changes the schedule elsewhere changes it too.
      ...(cron !== undefined && { cronExpressions: [`${cron.trim()} # ${cron.trim()}`] }),
      ...(every !== undefined && { intervals: [{ every }] }),
      ...(timeZone !== undefined && { timezone: timeZone }),
      ...(jitter !== undefined && { jitter }),
    },
    // While a run waits for a worker, or is under way, those that fall due are left out: it will have what they would have.
    policies: { overlap: 'SKIP', catchupWindow, pauseOnFailure: false },
    action: {
      type: 'startWorkflow',
      workflowType: workflowNames.scheduledBackup,
      workflowId: `scheduled-${name}`,
      taskQueue,
      args: [scheduledInputOf(definition)],
      staticSummary: `Scheduled backup of ${name}`,
    },
  } satisfies ScheduleOptions;
}

/** In which respects Temporal's schedule is not the planned one, in words. */
export function differencesOf(definition: ScheduledSource, taskQueue: string, found: ScheduleDescription): string[] {
  const { schedule } = definition;
  const { policies, action } = plannedSchedule(definition, taskQueue);
  const pairs: readonly (readonly [string, unknown, unknown])[] = [
    ['time', textOf(schedule), whenOf(found.spec)],
    ['time zone', schedule.timeZone ?? '', found.spec.timezone ?? ''],
    ['jitter', schedule.jitter ?? 0, found.spec.jitter ?? 0],
    ['skipped times', 0, found.spec.skip?.length ?? 0],
    ['limits in time', [undefined, undefined], [found.spec.startAt, found.spec.endAt]],
    ['overlap', policies.overlap, found.policies.overlap],
    ['catch-up window', policies.catchupWindow, found.policies.catchupWindow],
    ['pause on failure', policies.pauseOnFailure, found.policies.pauseOnFailure],
    ['workflow', [action.workflowType, action.workflowId], [found.action.workflowType, found.action.workflowId]],
    ['what is done', plain(action.args), plain(found.action.args)],
  ];
  return pairs.flatMap(([what, wanted, is]) => (isDeepStrictEqual(wanted, is) ? [] : [what]));
}

/** `0 2 * * *`, or `every 21600 s`, as it can be told from Temporal's description too. */
function textOf({ cron, every = 0 }: SourceSchedule): string {
  return cron === undefined ? everyText(every) : cron.trim();
}

/** The same of what Temporal has; of what was not made here, something else. */
export function whenOf({ calendars = [], intervals = [] }: ScheduleDescription['spec']): string {
  const parts = [
    ...calendars.map(({ comment }) => (comment === undefined || comment === '' ? 'calendar' : comment)),
    ...intervals.map(({ every, offset }) => (offset ? `${everyText(every)} + ${offset}ms` : everyText(every))),
  ];
  return parts.join(', ');
}

function everyText(every: number): string {
  return `every ${durationText(every)}`;
}

// As it comes back from Temporal: without members that are undefined.
function plain(value: unknown): unknown {
  return JSON.parse(JSON.stringify(value));
}
