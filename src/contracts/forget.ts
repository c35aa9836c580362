import { z } from 'zod';
import { tagsSchema } from './input.ts';
import type { Suspicion } from './suspicion.ts';

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

/** Which runs are to be forgotten: those that are named, or those that a policy does not keep. */
export interface ForgetInput {
  /** Of the runs; the usual one unless given. */
  readonly prefix?: string;
  /** Their ids. */
  readonly runs?: readonly string[];
  /** Decides about the runs of each directory apart. */
  readonly policy?: RetentionPolicy;
  /** The policy decides about the runs of this directory alone. */
  readonly root?: string;
  /** The policy decides about runs alone that have all of these tags. */
  readonly tags?: readonly string[];
  /** Says what would be done, and changes nothing. */
  readonly dryRun?: boolean;
  /** Forgets even the newest complete run of a directory, a run whose manifest cannot be read, and all that a policy does not keep. */
  readonly force?: boolean;
  /** Takes back that the named runs were forgotten. */
  readonly undo?: boolean;
}

/** What becomes of one run, and why. */
export interface ForgetRow {
  readonly run: string;
  /** `recalled`: it was forgotten, and that is taken back. */
  readonly outcome: 'kept' | 'forgotten' | 'recalled';
  /** In words, at least one. */
  readonly reasons: readonly string[];
  /** Unlike what follows, known without a manifest; ISO 8601. */
  readonly startedAt: string;
  readonly root?: string;
  readonly complete?: boolean;
  /** Why it may not be what its directory ought to hold. */
  readonly suspect?: Suspicion;
  readonly files?: number;
  readonly bytes?: number;
  readonly tags?: readonly string[];
}

/** What was forgotten, or in a dry run would be. */
export interface ForgetResult {
  readonly dryRun: boolean;
  readonly kept: number;
  readonly forgotten: number;
  readonly recalled: number;
  /** Those that were asked about: directory by directory, newest first. */
  readonly runs: readonly ForgetRow[];
}

/** The same in short. */
export interface ForgetSummary extends Pick<ForgetResult, 'dryRun' | 'kept' | 'forgotten'> {
  /** The ids of the first 100 that were forgotten. */
  readonly runs: readonly string[];
}
