import { Temporal } from 'temporal-polyfill';
import { startOf } from '../../contracts/manifest.ts';
import type { Filters } from '../../contracts/filters.ts';
import { isGood, isSuspect, sameFilters, type Suspicion } from '../../contracts/suspicion.ts';
import { retentionCounts, type RetentionCount, type RetentionPolicy } from '../../contracts/forget.ts';

interface BegunRun {
  readonly run: string;
  /** ISO 8601. */
  readonly startedAt: string;
}

/** What of a run decides whether it is kept. */
export interface RetainableRun extends BegunRun {
  readonly complete: boolean;
  readonly suspect?: Suspicion;
  readonly filters?: Filters;
  readonly tags?: readonly string[];
}

/** Whether a run is kept, and why: in words, at least one. */
export interface RetentionDecision<R> {
  readonly run: R;
  readonly keep: boolean;
  readonly reasons: readonly string[];
}

/** A complete run, seen from the newest to the oldest, and why a rule keeps it. */
type Rule = (start: Temporal.ZonedDateTime, at: { readonly isOldest: boolean }) => string[];

/**
 * Decides about all runs of one directory, newest first. The rules are those of restic: each counts only hours, days and so on in
 * which there was a run, and keeps the newest run of each; the oldest run of all is kept too while a rule has room for more.
 * Incomplete and suspect runs take no place among them: they are kept by `within`, by tags, and while no complete run has come after them
 * that is not suspect; after a suspect one, of the same part of the tree. The newest complete run, and that which such a suspect one was
 * compared with, is kept whatever the rules say, unless `force`.
 */
export function decideRetention<R extends RetainableRun>(
  runs: readonly R[],
  policy: RetentionPolicy,
  { force = false }: { readonly force?: boolean } = {},
): RetentionDecision<R>[] {
  const { timeZone = 'UTC' } = policy;
  const startIn = (run: R) => Temporal.Instant.fromEpochMilliseconds(beganAt(run)).toZonedDateTimeISO(timeZone);
  const sorted = runs.toSorted(laterFirst);
  const complete = sorted.filter(isGood);
  const [newest] = complete;
  const counts = countRules(policy);
  const recent = recentRule(policy, newest && startIn(newest));
  const open = new Set(sorted.filter((run) => isSuspect(run) && !isMadeGood(run, complete)));
  const lastGood = new Map([...open].map(({ run, suspect }) => [suspect?.since, run]));

  const reasonsOf = (run: R): string[] => {
    const start = startIn(run);
    const always = [...recent(start), ...tagReasons(policy, run)];
    if (!isGood(run)) return isReplaced(run, newest) && !open.has(run) ? always : [...always, lastOf(run)];
    const at = { isOldest: run === complete.at(-1) };
    const reasons = [...counts.flatMap((rule) => rule(start, at)), ...always];
    if (reasons.length > 0 || force) return reasons;
    if (run === newest) return ['the newest complete run'];
    const later = lastGood.get(run.run);
    return later === undefined ? [] : [`run ${later}, which is suspect, was compared with it`];
  };
  return sorted.map((run) => {
    const reasons = reasonsOf(run);
    if (reasons.length > 0) return { run, keep: true, reasons };
    return { run, keep: false, reasons: [isGood(run) ? 'no rule keeps it' : replaced(run)] };
  });
}

/** Orders runs from the one that began last to the first. */
export function laterFirst(a: BegunRun, b: BegunRun): number {
  return beganAt(b) - beganAt(a) || (a.run < b.run ? 1 : -1);
}

/**
 * Milliseconds since 1970. A backup that was suspended before it looked at the tree, or a clock that was set back, makes an id later than
 * `startedAt`; runs take their places by their ids, within a second by `startedAt`, for then the last has seen the tree last.
 */
function beganAt({ run, startedAt }: BegunRun): number {
  const began = Date.parse(startedAt);
  return Math.max(began, Date.parse(startOf(run)) || began);
}

function lastOf(run: RetainableRun): string {
  return `${isSuspect(run) ? 'suspect, and ' : ''}no complete run came after it`;
}

function replaced(run: RetainableRun): string {
  return `${isSuspect(run) ? 'suspect' : 'incomplete'}, and a complete run came after it`;
}

/** Whether a good run of the same part of the tree as a suspect one, or as that which it was compared with, has come after it. */
function isMadeGood(run: RetainableRun, good: readonly RetainableRun[]): boolean {
  const before = good.find((one) => one.run === run.suspect?.since);
  const isAbout = ({ filters }: RetainableRun) =>
    before === undefined || sameFilters(filters, run.filters) || sameFilters(filters, before.filters);
  return good.some((one) => laterFirst(one, run) < 0 && isAbout(one));
}

function isReplaced(run: RetainableRun, newest: RetainableRun | undefined): boolean {
  return newest !== undefined && laterFirst(newest, run) < 0;
}

function tagReasons({ tags = [] }: RetentionPolicy, run: RetainableRun): string[] {
  return tags.filter((tag) => run.tags?.includes(tag)).map((tag) => `tag ${tag}`);
}

function recentRule({ within }: RetentionPolicy, newest: Temporal.ZonedDateTime | undefined) {
  if (within === undefined || newest === undefined) return () => [];
  const [, years, months, days, hours] =
    /^(?:(\d+)y)?(?:(\d+)m)?(?:(\d+)d)?(?:(\d+)h)?$/u.exec(within)?.map(Number) ?? [];
  const since = newest.subtract({ years: years || 0, months: months || 0, days: days || 0, hours: hours || 0 });
  return (start: Temporal.ZonedDateTime) =>
    Temporal.ZonedDateTime.compare(start, since) > 0 ? [`within ${within} of the newest`] : [];
}

const bucketOf: Readonly<
  Record<Exclude<(typeof retentionCounts)[number], 'last'>, (start: Temporal.ZonedDateTime) => string>
> = {
  // With its offset, so that the hour that a clock set back repeats is two.
  hourly: (start) => `${start.toPlainDate().toString()}T${pad(start.hour)}${start.offset}`,
  daily: (start) => start.toPlainDate().toString(),
  weekly: ({ yearOfWeek, weekOfYear }) => `${yearOfWeek}-W${pad(weekOfYear)}`,
  monthly: (start) => start.toPlainDate().toPlainYearMonth().toString(),
  yearly: ({ year }) => String(year),
};

function pad(number = 0): string {
  return String(number).padStart(2, '0');
}

function countRules(policy: RetentionPolicy): Rule[] {
  return retentionCounts.map((name) => {
    const count = policy[name] ?? 0;
    if (name !== 'last') return countRule(name, count, bucketOf[name]);
    let seen = 0;
    return countRule(name, count, () => `${(seen += 1)} of ${count}`);
  });
}

function countRule(name: string, count: RetentionCount, bucket: (start: Temporal.ZonedDateTime) => string): Rule {
  let left = count === 'unlimited' ? Infinity : count;
  let previous: string | undefined;
  return (start, { isOldest }) => {
    if (left === 0) return [];
    const present = bucket(start);
    if (present === previous) return isOldest ? [`oldest, for ${name} has room`] : [];
    previous = present;
    left -= 1;
    return [`${name} ${present}`];
  };
}
