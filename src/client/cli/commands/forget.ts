import { Option, type Command } from 'commander';
import { printableJson, printable } from '../../../lib/printable.ts';
import { exitCodes, type Call } from '../invocation.ts';
import type { Backups } from '../../../history/views/backups.ts';
import { ExpectedError, failureTypes } from '../../../contracts/failures.ts';
import {
  countSchema,
  timeZoneSchema,
  withinSchema,
  type ForgetInput,
  type RetentionCount,
  type RetentionPolicy,
  type ForgetResult,
  type ForgetRow,
} from '../../../contracts/forget.ts';
import type { Scope } from '../open/scope.ts';
import { requireBackups, withSession } from '../open/with-session.ts';
import {
  performAtSource,
  withCommonOptions,
  parserOf,
  tagsOf,
  withTag,
  anotherTag,
  type Choose,
  type TagFlags,
} from './options.ts';
import { columns, formatBytes, formatCount, formatTime } from '../render/format.ts';

const help = `
Forgets the runs that are named, or those that no rule keeps: the runs of each directory are decided about apart, and a run that one
rule wants is kept. Without any rule, --source NAME goes by the source's retention. Periods count only when they had a run, and the
newest of a period is its run. Incomplete runs count for none: they are forgotten once a complete run has come after them, unless
--keep-within or --keep-tag wants them.

A forgotten run cannot be restored or verified any more, and \`durable-backup prune\` deletes what no other run needs. Until then --undo
takes it back. The newest complete run of a directory is never forgotten without --force, and one under way never at all.

Exit codes: 0 done, 1 error, 130 interrupted.

Examples:
  durable-backup forget --keep-daily 7 --keep-weekly 5 --keep-monthly 12 --dry-run
  durable-backup forget --keep-within 30d --keep-tag release --source /srv/site
  durable-backup forget 20261121T063324Z-b2d63b73
  durable-backup forget --undo 20261121T063324Z-b2d63b73`;

interface ForgetFlags extends Scope, RetentionFlags, TagFlags {
  readonly dryRun: boolean;
  readonly force: boolean;
  readonly undo: boolean;
}

/** `forget [RUN…]`: gives up runs, by their ids or by rules. */
export function addForget(program: Command, choose: Choose): void {
  const command = program
    .command('forget')
    .description('gives up runs, by rules or by their ids')
    .argument('[run...]', 'ids of runs, or beginnings of them, instead of rules')
    .option('--dry-run', 'change nothing, and print why each run would stay or go', false)
    .option('--force', 'forget even the newest complete run of a directory, and all that the rules do not keep', false)
    .option('--undo', 'take back that these runs were forgotten, while their data are there', false)
    .addHelpText('after', help);
  withTag(withRetention(command), 'decide only about runs with this tag');
  performAtSource(withCommonOptions(command, 'print one JSON object instead of text'), choose, forget);
}

function forget(call: Call & ForgetFlags, runs: readonly string[]): Promise<number> {
  const { answer, json, quiet, dryRun, stop } = call;
  return withSession({ ...call, worker: false }, async (session) => {
    const jobs = session.jobsOn(call.config.taskQueue);
    const isUnderWay = (instanceId: string) => jobs.isUnderWay(instanceId);
    const backups = requireBackups(session);
    const { ids, prefix } = await findNamed(call, backups, runs);
    const input = { ...inputOf(call, ids), ...(prefix !== undefined && { prefix }) };
    const result = await backups.forget(input, isUnderWay, stop);
    if (json) answer(printableJson(result));
    else if (dryRun || !quiet) answer(forgetText(result));
    return exitCodes.done;
  });
}

/** The named runs, and below which prefix they are, wherever that is. */
async function findNamed(
  { prefixes, undo, stop }: Call & ForgetFlags,
  backups: Backups,
  runs: readonly string[],
): Promise<{ readonly ids: readonly string[]; readonly prefix: string | undefined }> {
  const { AllBackups } = await import('../../sources/all-backups.ts');
  const all = new AllBackups(backups, prefixes);
  const ids = await Promise.all(runs.map((run) => all.idMeant(run, stop, [{ forgottenToo: undo }])));
  const found = await Promise.all(ids.map((run) => all.prefixOf(run, stop)));
  const [prefix, other] = new Set(found.filter((one) => one !== undefined));
  if (other === undefined) return { ids, prefix };
  throw new ExpectedError(
    failureTypes.invalidInput,
    `The runs are of several sources, below the prefixes "${prefix}" and "${other}": forget those of each by themselves`,
  );
}

function inputOf(flags: ForgetFlags, runs: readonly string[]): ForgetInput {
  const { root, definition, dryRun, force, undo } = flags;
  const how = { ...tagsOf(flags), dryRun, force, undo };
  // A source's name beside runs says below which prefix they are; a directory makes no sense there, which is for others to say.
  const place = root === undefined || (runs.length > 0 && definition) ? {} : { root };
  const policy = policyOf(flags) ?? (runs.length === 0 ? definition?.retention : undefined);
  return { ...how, ...place, ...(runs.length > 0 && { runs }), ...(policy && { policy }) };
}

/** What {@link withRetention} adds. */
interface RetentionFlags {
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
function withRetention(command: Command): Command {
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
function policyOf(flags: RetentionFlags): RetentionPolicy | undefined {
  const { timeZone } = flags;
  const given = Object.entries(rules).flatMap(([flag, rule]) => {
    const value = flags[flag as keyof typeof rules];
    return value === undefined ? [] : [[rule, value] as const];
  });
  if (given.length === 0) return undefined;
  return { ...Object.fromEntries(given), ...(timeZone !== undefined && { timeZone }) };
}

const header = ['RUN', 'STARTED', 'FILES', 'BYTES', 'VERDICT', 'WHY'];
const numbers = [2, 3];
const verdicts = { kept: 'keep', forgotten: 'forget', recalled: 'take back' } as const;

/** What was forgotten, or would be, for people: a table for each directory, and what it comes to. */
export function forgetText(result: ForgetResult): string {
  const byRoot = Map.groupBy(result.runs, ({ root }) => root);
  const tables = [...byRoot].map(([root, rows]) => `${titleOf(root)}\n${tableOf(rows).join('\n')}\n`);
  return [...tables, sumOf(result)].join('\n');
}

function sumOf({ dryRun, ...counts }: ForgetResult): string {
  const [kept, forgotten, recalled] = [counts.kept, counts.forgotten, counts.recalled].map(formatCount);
  const isUndo = counts.recalled > 0;
  if (dryRun)
    return `${isUndo ? `${recalled} to take back` : `${forgotten} to forget`}, ${kept} to keep. Nothing was changed.`;
  const did = `${isUndo ? `${recalled} taken back` : `${forgotten} forgotten`}, ${kept} kept.`;
  return counts.forgotten > 0 ? `${did} \`durable-backup prune\` deletes what no run needs any more.` : did;
}

function titleOf(root: string | undefined): string {
  return root === undefined ? 'Runs whose directory was not read' : `Runs of ${printable(root)}`;
}

function tableOf(rows: readonly ForgetRow[]): string[] {
  return columns([header, ...rows.map(cellsOf)], numbers);
}

function cellsOf({ run, startedAt, files, bytes, outcome, reasons }: ForgetRow): string[] {
  return [
    run,
    formatTime(startedAt),
    files === undefined ? '-' : formatCount(files),
    bytes === undefined ? '-' : formatBytes(bytes),
    verdicts[outcome],
    printable(reasons.join(', ')),
  ];
}
