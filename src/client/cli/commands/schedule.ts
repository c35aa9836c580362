import { printableJson } from '../../../lib/printable.ts';
import type { Command } from 'commander';
import { exitCodes } from '../exit-code.ts';
import { formatTime } from '../render/format.ts';
import { scheduleListText } from '../render/schedule-text.ts';
import { writeList } from '../render/write-lines.ts';
import type { ScheduleInfo } from '../../schedules/schedule-info.ts';
import { ExpectedError } from '../../../contracts/failures.ts';
import type { Call } from '../invocation.ts';
import { knowsOfNothing, withSchedule, withSchedules } from '../open/with-schedules.ts';
import { notEmpty, perform, withCommonOptions, type Choose } from './options.ts';
import { addApply } from './schedule-apply.ts';

const help = `
Sources get schedules in durable-backup.yaml; \`schedule apply\` makes Temporal equal to that file. Temporal then starts the runs, and
workers do them: nothing else has to run. A run that was missed runs once, however many were missed.

Exit codes: 0 done, 1 error, 130 interrupted.

Examples:
  durable-backup schedule apply --dry-run
  durable-backup schedule apply
  durable-backup schedule list
  durable-backup schedule pause photos --reason 'moving house'`;

/** `schedule list|apply|next|pause|resume|trigger`. */
export function addSchedule(program: Command, choose: Choose): void {
  const schedule = program
    .command('schedule')
    .description('schedules of the sources: apply, list, next, pause, resume, trigger')
    .helpCommand(false)
    .addHelpText('after', help);
  addApply(schedule, choose);
  const sub = (name: string, text: string, json: string) =>
    withCommonOptions(schedule.command(name).description(text), json);
  const source = ['<source>', 'name of a source that has a schedule', notEmpty] as const;

  perform(sub('list', 'lists the schedules that Temporal has', 'print NDJSON instead of text'), choose, list);
  const next = sub('next', 'prints when the next runs start', 'print NDJSON instead of text');
  perform(next.argument(...source), choose, tellNext);
  const pause = sub('pause', 'starts no runs from now on', 'print the schedule as one JSON object instead of text');
  perform(pause.argument(...source).option('--reason <text>', 'shown where it is listed'), choose, pauseOne);
  const resume = sub('resume', 'starts runs again', 'print the schedule as one JSON object instead of text');
  perform(resume.argument(...source), choose, resumeOne);
  const trigger = sub('trigger', 'starts a run now', 'print one JSON object instead of text');
  perform(trigger.argument(...source), choose, triggerOne);
}

async function list(call: Call): Promise<number> {
  const print = async (listed: readonly ScheduleInfo[]) => {
    await writeList(listed, call, () => scheduleListText(listed));
    return exitCodes.done;
  };
  if (knowsOfNothing(call.config)) return print([]);
  return withSchedules(call, async (schedules) => print(await schedules.list()));
}

function tellNext(call: Call, source: string): Promise<number> {
  return withSchedule(call, source, async (schedules) => {
    const { next, paused } = await schedules.get(source);
    const times = next.map((at) => ({ source, at }));
    const none = `None: ${source} is paused; \`durable-backup schedule resume ${source}\` resumes it.`;
    await writeList(times, call, () => (paused ? none : next.map(formatTime).join('\n')));
    return exitCodes.done;
  });
}

function pauseOne(call: Call & { readonly reason?: string }, source: string): Promise<number> {
  return withSchedule(call, source, async (schedules) => {
    const info = await schedules.pause(source, call.reason?.trim() || 'Paused by command');
    tell(call, info, `${source} is paused.`);
    return exitCodes.done;
  });
}

function resumeOne(call: Call, source: string): Promise<number> {
  return withSchedule(call, source, async (schedules) => {
    const info = await schedules.resume(source);
    const [soonest] = info.next;
    tell(call, info, `${source} is resumed${soonest === undefined ? '' : `; next at ${formatTime(soonest)}`}.`);
    return exitCodes.done;
  });
}

function triggerOne(call: Call, source: string): Promise<number> {
  return withSchedule(call, source, async (schedules) => {
    const instanceId = await schedules.trigger(source);
    if (instanceId === undefined) {
      throw new ExpectedError(
        'TemporalUnavailable',
        `Temporal was asked to run ${source} and has not begun; look again`,
      );
    }
    tell(call, { instanceId }, `Started ${instanceId}`);
    return exitCodes.done;
  });
}

function tell({ json, quiet, answer }: Call, value: object, text: string): void {
  if (json) answer(printableJson(value));
  else if (!quiet) answer(text);
}
