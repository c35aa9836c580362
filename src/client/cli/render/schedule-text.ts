import { printable } from '../../../lib/printable.ts';
import type { AppliedChange } from '../../schedules/apply-schedules.ts';
import type { ScheduleInfo } from '../../schedules/schedule-info.ts';
import { columns } from './columns.ts';
import { formatTime } from './format.ts';

const header = ['SOURCE', 'WHEN', 'TIME ZONE', 'STATE', 'NEXT', 'LAST START'];

/** Schedules for people, one line each. */
export function scheduleListText(schedules: readonly ScheduleInfo[]): string {
  if (schedules.length === 0) return 'No schedules; `durable-backup schedule apply` makes those of the sources file.';
  return columns([header, ...schedules.map(rowOf)]).join('\n');
}

function rowOf(schedule: ScheduleInfo): string[] {
  const { source, when, timeZone, next, last } = schedule;
  const [soonest] = next;
  return [
    source,
    when,
    timeZone,
    stateOf(schedule),
    soonest === undefined ? '-' : formatTime(soonest),
    last ? formatTime(last.at) : 'never',
  ];
}

function stateOf({ paused, note, running }: ScheduleInfo): string {
  const [instanceId] = running;
  if (instanceId !== undefined) return 'running';
  if (!paused) return 'waiting';
  return note === undefined ? 'paused' : `paused: ${printable(note)}`;
}

/** What applying the sources file did, one line for each schedule and each watch. */
export function appliedText(changes: readonly AppliedChange[]): string {
  if (changes.length === 0) return 'The sources file has no schedule, and Temporal has none of this task queue.';
  return columns(
    changes.map(({ source, what, change, differences = [] }) => [
      source,
      what,
      differences.length === 0 ? change : `${change}: ${differences.join(', ')}`,
    ]),
  ).join('\n');
}
