import { Option, type Command } from 'commander';
import {
  countSchema,
  timeZoneSchema,
  withinSchema,
  type RetentionCount,
  type RetentionPolicy,
} from '../../../contracts/forget.ts';
import { parserOf } from './options.ts';
import { anotherTag } from './tag-option.ts';

/** What {@link withRetention} adds. */
export interface RetentionFlags {
  readonly keepLast?: RetentionCount;
  readonly keepHourly?: RetentionCount;
  readonly keepDaily?: RetentionCount;
  readonly keepWeekly?: RetentionCount;
  readonly keepMonthly?: RetentionCount;
  readonly keepYearly?: RetentionCount;
  readonly keepWithin?: string;
  readonly keepTag?: readonly string[];
  readonly timeZone?: string;
}

const count = parserOf(countSchema, (text) => (/^\d+$/u.test(text) ? Number(text) : text));
const periods = ['hour', 'day', 'week', 'month', 'year'] as const;
const adverbs = { hour: 'hourly', day: 'daily', week: 'weekly', month: 'monthly', year: 'yearly' } as const;

/** Adds `--keep-last` and its like. */
export function withRetention(command: Command): Command {
  command.addOption(new Option('--keep-last <n>', 'keep this many runs, or unlimited').argParser(count));
  for (const period of periods) {
    const help = `keep the newest run of each of this many ${period}s that had one`;
    command.addOption(new Option(`--keep-${adverbs[period]} <n>`, help).argParser(count));
  }
  return command
    .addOption(
      new Option('--keep-within <time>', 'keep all runs begun within this time before the newest: 1y5m7d2h').argParser(
        parserOf(withinSchema),
      ),
    )
    .addOption(new Option('--keep-tag <tag>', 'keep all runs with this tag; may be repeated').argParser(anotherTag))
    .addOption(
      new Option(
        '--time-zone <zone>',
        'whose calendar tells hours to years, such as Europe/Berlin; UTC unless given',
      ).argParser(parserOf(timeZoneSchema)),
    );
}

const rules = {
  keepLast: 'last',
  keepHourly: 'hourly',
  keepDaily: 'daily',
  keepWeekly: 'weekly',
  keepMonthly: 'monthly',
  keepYearly: 'yearly',
  keepWithin: 'within',
  keepTag: 'tags',
} as const satisfies Record<Exclude<keyof RetentionFlags, 'timeZone'>, keyof RetentionPolicy>;

/** The policy that the flags make; undefined when they hold no rule. */
export function policyOf(flags: RetentionFlags): RetentionPolicy | undefined {
  const { timeZone } = flags;
  const given = Object.entries(rules).flatMap(([flag, rule]) => {
    const value = flags[flag as keyof typeof rules];
    return value === undefined ? [] : [[rule, value] as const];
  });
  if (given.length === 0) return undefined;
  return { ...Object.fromEntries(given), ...(timeZone !== undefined && { timeZone }) };
}
