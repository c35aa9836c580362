import type { Command } from 'commander';
import { printableJson, printable } from '../../../lib/printable.ts';
import { exitCodes, type Call } from '../invocation.ts';
import { formatTime, columns } from '../render/format.ts';
import { writeList } from '../render/rows.ts';
import type { ScheduleInfo } from '../../schedules/schedule-info.ts';
import { ExpectedError } from '../../../contracts/failures.ts';
import { knowsOfNothing, withSchedule, withSchedules } from '../open/with-schedules.ts';
import { notEmpty, perform, withCommonOptions, withSourcesFile, type Choose } from './options.ts';
import { commandsOf, requireSourcesFile } from '../../sources/sources-file.ts';
import { sourcesOf, type SourcesFileFlags } from '../open/scope.ts';
import type { AppliedChange } from '../../schedules/apply-schedules.ts';

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

const header = ['SOURCE', 'WHEN', 'TIME ZONE', 'STATE', 'NEXT', 'LAST START'];

/** Schedules for people, one line each. */
function scheduleListText(schedules: readonly ScheduleInfo[]): string {
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

const applyHelp = `
Creates and updates the schedules of the sources, and the watches of those with notify.missed; removes those of sources that have none
any more. Schedules of other task queues stay as they are, and so does whether one is paused.

Exit codes: 0 done, 1 error, 130 interrupted.

Examples:
  durable-backup schedule apply --dry-run
  durable-backup schedule apply --config /etc/durable-backup.yaml --json`;

interface ApplyFlags extends SourcesFileFlags {
  readonly dryRun: boolean;
}

/** `schedule apply`: makes Temporal equal to the sources file. */
function addApply(schedule: Command, choose: Choose): void {
  const command = schedule
    .command('apply')
    .description('makes Temporal equal to the sources file')
    .option('--dry-run', 'change nothing, and say what would be changed', false)
    .addHelpText('after', applyHelp);
  perform(withSourcesFile(withCommonOptions(command, 'print NDJSON instead of text')), choose, apply);
}

async function apply(call: Call & ApplyFlags): Promise<number> {
  const { file, sources } = requireSourcesFile(await sourcesOf(call));
  return withSchedules(call, async (schedules) => {
    const changes = await schedules.apply(sources, { dryRun: call.dryRun });
    if (call.json || !call.quiet) await writeList(changes, call, () => appliedText(changes));
    if (call.dryRun) call.note('Dry run: nothing was changed.');
    if (sources.some((source) => commandsOf(source).length > 0))
      call.note('Commands run on workers with ALLOW_COMMANDS=true alone.');
    if (sources.some(({ notify }) => notify))
      call.note(`Workers read ${file} to know whom to tell: give each of them the same.`);
    if (!call.config.temporal.named)
      call.note('Schedules of the embedded Temporal start runs while `durable-backup dev` runs.');
    return exitCodes.done;
  });
}

/** What applying the sources file did, one line for each schedule and each watch. */
function appliedText(changes: readonly AppliedChange[]): string {
  if (changes.length === 0) return 'The sources file has no schedule, and Temporal has none of this task queue.';
  return columns(
    changes.map(({ source, what, change, differences = [] }) => [
      source,
      what,
      differences.length === 0 ? change : `${change}: ${differences.join(', ')}`,
    ]),
  ).join('\n');
}
