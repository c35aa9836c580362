import { Cron } from 'croner';
import { z } from 'zod';
import { longestWait, writtenDuration } from '../lib/units.ts';
import { timeZoneSchema } from './forget.ts';
import type { Immutable } from './input.ts';

const duration = (description: string) => writtenDuration.exactOptional().meta({ description });

/** When a source is backed up by itself, as it is written: by `cron` or by `every`, never both. */
export const scheduleSchema = z
  .strictObject({
    cron: z
      .string()
      .min(1, 'must not be empty')
      .exactOptional()
      .meta({ description: 'When: minute, hour, day of month, month, day of week, such as 0 3 * * *; or @daily' }),
    every: duration('How often instead, counted from 1970: 6h, 1d'),
    timeZone: timeZoneSchema.exactOptional().meta({ description: 'Whose hours a cron means; UTC unless given' }),
    jitter: duration('Each start is put off by a random time up to this: 10m'),
    catchupWindow: duration('How late a start is still made up for that was missed: 1d'),
  })
  .superRefine((given, context) => {
    const fault = scheduleFault(given);
    if (fault) context.addIssue({ code: 'custom', message: fault.message, path: [fault.field] });
  })
  .meta({ description: 'When the source is backed up by itself' });

/** The same, checked; durations are milliseconds. */
export type SourceSchedule = Immutable<z.infer<typeof scheduleSchema>>;

/** A missed start is made up for, however long it was missed. */
export const usualCatchupWindow = 365 * 24 * 3_600_000;
// Temporal takes no shorter one, and gives times in whole seconds.
const leastCatchupWindow = 10_000;
const leastEvery = 1000;
const mostEvery = 366 * 24 * 3_600_000;

const names = ['@yearly', '@monthly', '@weekly', '@daily', '@hourly'] as const;
// What Temporal reads as the most usual programs do; others read more, each in another way.
const fields = /^\s*(?:[\d*/,a-z-]+\s+){4}[\d*/,a-z-]+\s*$/iu;
const words = /[a-z]+/giu;
const daysOfWeek = 'SUN MON TUE WED THU FRI SAT'.split(' ');
const knownWords = ['JAN FEB MAR APR MAY JUN JUL AUG SEP OCT NOV DEC'.split(' '), daysOfWeek].flat();
const untilSunday = /\b(sun|mon|tue|wed|thu|fri|sat|[0-7])-sun\b/iu;

/** What is wrong with a schedule, and how to mend it. */
export interface ScheduleFault {
  readonly field: keyof SourceSchedule;
  readonly message: string;
}

/** Why a schedule can start nothing, or not what was meant; undefined when it is well. */
export function scheduleFault(schedule: SourceSchedule): ScheduleFault | undefined {
  const { cron, every, timeZone } = schedule;
  if ((cron === undefined) === (every === undefined)) return fault('cron', 'give either cron or every, and not both');
  if (cron === undefined && timeZone !== undefined) {
    return fault('timeZone', 'goes with cron alone: every counts from 1970 on, in no time zone');
  }
  return durationFault(schedule) ?? (cron === undefined ? undefined : cronFault(cron, timeZone));
}

function durationFault(schedule: SourceSchedule): ScheduleFault | undefined {
  const { every = leastEvery, jitter = 0, catchupWindow = usualCatchupWindow } = schedule;
  if (!(every >= leastEvery && every <= mostEvery)) return fault('every', 'must be from a second to a year');
  if (!(jitter >= 0 && jitter <= mostEvery)) return fault('jitter', 'must be at most a year');
  if (!(catchupWindow >= leastCatchupWindow)) return fault('catchupWindow', 'must be at least ten seconds');
  return catchupWindow <= longestWait ? undefined : fault('catchupWindow', 'must be at most ten years');
}

/** Node takes a time zone in any case, Temporal in that of the database alone. */
function timeZoneFault(timeZone: string): ScheduleFault | undefined {
  const shown = JSON.stringify(timeZone);
  if (!timeZoneSchema.safeParse(timeZone).success || /^[+-]/u.test(timeZone)) {
    return fault('timeZone', `${shown} is no time zone: give a name such as Europe/Berlin`);
  }
  const { timeZone: known } = new Intl.DateTimeFormat('en', { timeZone }).resolvedOptions();
  if (known === timeZone) return undefined;
  const wrongly = `${shown} is not how the time zone is written: `;
  if (known.toLowerCase() === timeZone.toLowerCase()) return fault('timeZone', `${wrongly}write ${known}`);
  // Another name of a zone, of which nothing tells how it is written: at least as a name is.
  const isName = /^[A-Z][^/]*(?:\/[A-Z][^/]*)*$/u.test(timeZone) && !/^[^a-z]*\/[^a-z]*$/u.test(timeZone);
  return isName ? undefined : fault('timeZone', `${wrongly}write it as in ${known}`);
}

/** Temporal's week begins on Sunday, so that no range of names ends there. */
function sundayFault(cron: string): ScheduleFault | undefined {
  const [range, first = ''] = untilSunday.exec(cron) ?? [];
  if (range === undefined) return undefined;
  const day = daysOfWeek.includes(first.toUpperCase()) ? daysOfWeek.indexOf(first.toUpperCase()) : Number(first);
  const instead = day === 0 ? 'SUN' : `${day}-7`;
  return fault('cron', `${JSON.stringify(cron)} ends a range with SUN, which begins the week: write ${instead}`);
}

function cronFault(cron: string, timeZone: string | undefined): ScheduleFault | undefined {
  const before = (timeZone === undefined ? undefined : timeZoneFault(timeZone)) ?? sundayFault(cron);
  if (before) return before;
  const isName = names.some((name) => name === cron.trim());
  if (!isName && !(fields.test(cron) && [...cron.matchAll(words)].every(([word]) => isKnown(word)))) {
    const form = 'minute, hour, day of the month, month and day of the week, such as "30 2 * * MON-FRI"';
    return fault('cron', `${JSON.stringify(cron)} must be five fields, ${form}, or one of ${names.join(', ')}`);
  }
  try {
    // As Temporal does, a day must fit both fields of days.
    const parsed = new Cron(cron.trim(), { paused: true, domAndDow: true, ...(timeZone && { timezone: timeZone }) });
    if (parsed.nextRun()) return undefined;
  } catch (error) {
    return fault('cron', `${JSON.stringify(cron)} cannot be read: ${(error as Error).message}`);
  }
  return fault('cron', `${JSON.stringify(cron)} never fires: there is no such day in any year`);
}

function fault(field: keyof SourceSchedule, message: string): ScheduleFault {
  return { field, message };
}

function isKnown(word: string): boolean {
  return knownWords.includes(word.toUpperCase());
}
