import { resolve, dirname } from 'node:path';
import { Option, type Command } from 'commander';
import { existsSync } from 'node:fs';
import { restoreReport } from '../render/job-reports.ts';
import { requirePathBudget } from '../../../contracts/globs/path-pattern.ts';
import { workflowNames } from '../../../contracts/job.ts';
import { overwritePolicies, type OverwritePolicy, type RestoreInput } from '../../../contracts/restore.ts';
import type { Scope } from '../open/scope.ts';
import {
  requireElsewhere,
  notEmpty,
  performAtSource,
  runArgument,
  runHelp,
  workerName,
  withJobOptions,
  type Choose,
  type JobFlags,
} from './options.ts';
import { jobInstanceId } from '../instance-id.ts';
import type { Call } from '../invocation.ts';
import { printRows } from '../render/ledger-text.ts';
import { fixRun, withSession, requireAnyRun, type FixedRun } from '../open/with-session.ts';
import { pathsBelow } from '../open/with-backups.ts';

const help = `
Paths are files, folders or globs (quote them), as --exclude takes them: with a slash at the beginning or in the middle relative to the
directory that was backed up, and otherwise names at every depth. Where the run has a path of exactly that name, such as '[id].js', it
alone is meant. Without any, everything is restored.
Content is checked against its SHA-256 before it takes a file's place. What is in the way is decided by --overwrite: never keeps it,
if-changed replaces files whose size or time differ, always replaces every file.

Exit codes: 0 done, 1 error, 3 some files could not be restored, 130 interrupted.

Examples:
  durable-backup restore latest --source /srv/site --target /tmp/site
  durable-backup restore 20261121T063324Z-b2d63b73 assets/logo.png 'logs/*.log' --overwrite never
  durable-backup restore 2026-11-20T18:00:00Z --source /srv/site --delete --dry-run`;

interface RestoreFlags extends JobFlags, Scope {
  readonly target?: string;
  readonly targetWorker?: string;
  readonly overwrite: OverwritePolicy;
  readonly delete: boolean;
  readonly force: boolean;
  readonly dryRun: boolean;
}

/** `restore RUN [PATH…]`: brings back what a run holds. */
export function addRestore(program: Command, choose: Choose): void {
  const command = program
    .command('restore')
    .description('brings back what a run holds')
    .argument('<run>', runHelp, runArgument)
    .argument('[path...]', 'what to restore, instead of everything')
    .addOption(
      new Option(
        '--target <dir>',
        'directory to restore into, made when it is missing; by default where it came from',
      ).argParser((dir: string) => resolve(notEmpty(dir))),
    )
    .option(
      '--target-worker <name>',
      'where the target is: a name that workers elsewhere have among their WORKER_NAMES',
      workerName,
    )
    .addOption(
      new Option('--overwrite <when>', 'what happens to what is in the way')
        .choices(overwritePolicies)
        .default('if-changed'),
    )
    .option('--delete', 'delete what the target holds and the run does not, but for what the run leaves out', false)
    .option('--force', 'with --delete: also in a directory that nothing of this was restored into before', false)
    .option('--dry-run', 'change nothing, and print what would be done', false)
    .addHelpText('after', help);
  performAtSource(withJobOptions(command), choose, restore);
}

async function restore(call: Call & RestoreFlags, run: string, paths: readonly string[]): Promise<number> {
  const { targetWorker } = call;
  requireElsewhere('--target-worker', targetWorker, call);
  await requireAnyRun(call, run);
  return withSession(call, async (session, follow) => {
    const fixed = await fixRun(session, { ...call, run }, call.stop);
    const input = inputOf(fixed, paths, call);
    const directory = call.target ?? fixed.found?.manifest.root;
    const instanceId = jobInstanceId('restore', directory ?? fixed.run, input);
    const place = directory ?? 'the directory that was backed up';
    return follow({
      instanceId,
      ...(targetWorker !== undefined && { workerName: targetWorker }),
      directories: directory === undefined ? [] : [nearestDirectory(directory)],
      kind: restoreReport,
      words: { committing: 'finishing' },
      begin: {
        name: workflowNames.restore,
        input,
        summary: `Restore run ${fixed.run} into ${place}`,
        what: `restore into ${place}`,
      },
      beforeReport: async ({ restoreId: id, dryRun }) => {
        if (dryRun)
          await printRows(call, fixed.found?.backups, { kind: 'restores', id }, (outcome) => outcome !== 'unchanged');
      },
    });
  });
}

/** The directory itself, or where it is not there yet, the one on the way to it that is: a worker has to make it in there. */
function nearestDirectory(path: string): string {
  return existsSync(path) || path === dirname(path) ? path : nearestDirectory(dirname(path));
}

function inputOf({ found, ...which }: FixedRun, paths: readonly string[], flags: RestoreFlags): RestoreInput {
  const { target, targetWorker, overwrite, dryRun } = flags;
  const chosen = pathsBelow(found?.manifest.root, paths);
  requirePathBudget(chosen ?? [], 'path');
  return {
    ...which,
    ...(target !== undefined && { target }),
    ...(targetWorker !== undefined && { worker: targetWorker }),
    ...(chosen && { paths: chosen }),
    overwrite,
    ...(flags.delete && { delete: true }),
    ...(flags.force && { force: true }),
    ...(dryRun && { dryRun }),
  };
}
