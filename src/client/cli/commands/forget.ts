import { printableJson } from '../../../lib/printable.ts';
import type { Command } from 'commander';
import { exitCodes } from '../exit-code.ts';
import { forgetText } from '../render/forget-report.ts';
import type { Backups } from '../../../history/views/backups.ts';
import { ExpectedError, failureTypes } from '../../../contracts/failures.ts';
import type { ForgetInput } from '../../../contracts/forget.ts';
import type { Scope } from '../open/scope.ts';
import type { Call } from '../invocation.ts';
import { requireBackups } from '../open/require-backups.ts';
import { withSession } from '../open/with-session.ts';
import { performAtSource, withCommonOptions, type Choose } from './options.ts';
import { policyOf, withRetention, type RetentionFlags } from './retention-options.ts';
import { tagsOf, withTag, type TagFlags } from './tag-option.ts';

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
    .argument('[run...]', 'ids of runs, instead of rules')
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
    const prefix = await prefixOfAll(call, backups, runs);
    const input = { ...inputOf(call, runs), ...(prefix !== undefined && { prefix }) };
    const result = await backups.forget(input, isUnderWay, stop);
    if (json) answer(printableJson(result));
    else if (dryRun || !quiet) answer(forgetText(result));
    return exitCodes.done;
  });
}

/** Below which prefix the named runs are, wherever that is. */
async function prefixOfAll(
  { prefixes, stop }: Call & Scope,
  backups: Backups,
  runs: readonly string[],
): Promise<string | undefined> {
  const { AllBackups } = await import('../../sources/all-backups.ts');
  const all = new AllBackups(backups, prefixes);
  const found = await Promise.all(runs.map((run) => all.prefixOf(run, stop)));
  const [prefix, other] = new Set(found.filter((one) => one !== undefined));
  if (other === undefined) return prefix;
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
