import { z } from 'zod';
import { tagsSchema } from './tags.ts';

/** The rules that keep the newest run of so many of something, in the order in which they are told. */
export const retentionCounts = ['last', 'hourly', 'daily', 'weekly', 'monthly', 'yearly'] as const;

/** How many of something are kept: a whole number, or all that there are. */
export type RetentionCount = number | 'unlimited';

/** Which runs of a directory are kept: those that one of the rules wants. A rule that is absent or 0 wants none. */
export interface RetentionPolicy {
  /** This many runs. */
  readonly last?: RetentionCount;
  /** The newest run of each of this many hours in which there was one; likewise of days, weeks, months and years. */
  readonly hourly?: RetentionCount;
  readonly daily?: RetentionCount;
  /** Weeks begin on Monday. */
  readonly weekly?: RetentionCount;
  readonly monthly?: RetentionCount;
  readonly yearly?: RetentionCount;
  /** All runs begun within this time before the newest one: years, months, days and hours, as in `1y5m7d2h`. */
  readonly within?: string;
  /** All runs that have one of these tags. */
  readonly tags?: readonly string[];
  /** By whose calendar hours to years are told: a name of the IANA database; UTC unless given. */
  readonly timeZone?: string;
}

const mostCounted = 1_000_000;
const duration = /^(?=.)(?:\d{1,4}y)?(?:\d{1,5}m)?(?:\d{1,5}d)?(?:\d{1,6}h)?$/u;

/** What a count must be, for messages. */
export const countRule = `a whole number from 0 to ${mostCounted}, or unlimited`;
const mustCount = `must be ${countRule}`;
const count = (description: string) =>
  z
    .union([z.int().min(0, mustCount).max(mostCounted, mustCount), z.literal('unlimited')], mustCount)
    .exactOptional()
    .meta({ description });

/** What `within` must be. */
export const withinSchema = z
  .string('must be a duration such as 1y5m7d2h')
  .regex(duration, 'must be years, months, days and hours, in this order, such as 1y5m7d2h or 30d')
  .regex(/[1-9]/u, 'must be longer than nothing');

/** What a time zone must be. */
export const timeZoneSchema = z
  .string('must be the name of a time zone, such as Europe/Berlin')
  .refine(isTimeZone, 'must be the name of a time zone, such as Europe/Berlin');

/** What a policy must be, in a file as in a request. */
export const retentionSchema = z
  .strictObject({
    last: count('Keep this many runs'),
    hourly: count('Keep the newest run of each of this many hours that had one'),
    daily: count('Keep the newest run of each of this many days that had one'),
    weekly: count('Keep the newest run of each of this many weeks that had one; weeks begin on Monday'),
    monthly: count('Keep the newest run of each of this many months that had one'),
    yearly: count('Keep the newest run of each of this many years that had one'),
    within: withinSchema.exactOptional().meta({
      description: 'Keep all runs begun within this time before the newest one: 1y5m7d2h',
    }),
    tags: tagsSchema.exactOptional().meta({ description: 'Keep all runs that have one of these tags' }),
    timeZone: timeZoneSchema.exactOptional().meta({
      description: 'By whose calendar hours to years are told; UTC unless given',
    }),
  })
  .meta({ description: 'Which runs are kept: those that one of the rules wants' }) satisfies z.ZodType<RetentionPolicy>;

/** Whether no rule of a policy can ever want a run. */
export function keepsNothing(policy: RetentionPolicy): boolean {
  const counts = retentionCounts.some((name) => (policy[name] ?? 0) !== 0);
  return !counts && policy.within === undefined && (policy.tags ?? []).length === 0;
}

function isTimeZone(name: string): boolean {
  try {
    return new Intl.DateTimeFormat('en', { timeZone: name }).resolvedOptions().timeZone !== '';
  } catch {
    return false;
  }
}
