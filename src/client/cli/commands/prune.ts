import { Option, type Command } from 'commander';
import { pruneReport } from '../render/job-reports.ts';
import { knownPrefixSchema } from '../../../contracts/blob-prefix.ts';
import { workflowNames } from '../../../contracts/job.ts';
import { writtenDuration } from '../../../lib/units.ts';
import type { PruneInput } from '../../../contracts/prune.ts';
import type { Scope } from '../open/scope.ts';
import { jobInstanceId } from '../instance-id.ts';
import type { Call } from '../invocation.ts';
import { withSession } from '../open/with-session.ts';
import { parserOf, performAtSource, withJobOptions, type Choose, type JobFlags } from './options.ts';

const help = `
Deletes what no run needs any more: versions of files that only forgotten runs hold, what stopped backups left, and what jobs wrote for
themselves. Runs that were not forgotten stay whole, and so does what no backup wrote. A backup that began before is waited for; one that
begins meanwhile goes on. Where it cannot tell what is needed, it deletes nothing and says why.

Exit codes: 0 done, 1 error, 130 interrupted.

Examples:
  durable-backup prune --dry-run
  durable-backup prune --prefix hosts/web-1/ --wait 2h
  durable-backup prune --source website --json`;

interface PruneFlags extends JobFlags, Scope {
  readonly dryRun: boolean;
  readonly prefix?: string;
  /** Milliseconds. */
  readonly wait?: number;
}

/** `prune`: deletes what no run needs any more. */
export function addPrune(program: Command, choose: Choose): void {
  const command = program
    .command('prune')
    .description('deletes what no run needs any more')
    .option('--dry-run', 'delete nothing, and print what would be', false)
    .addOption(
      new Option('--prefix <prefix>', 'below which to prune, instead of BACKUP_PREFIX')
        .argParser(parserOf(knownPrefixSchema))
        .conflicts('source'),
    )
    .addOption(
      new Option('--wait <duration>', 'how long to wait for backups that began before; 24h unless given').argParser(
        parserOf(writtenDuration),
      ),
    )
    .addHelpText('after', help);
  performAtSource(withJobOptions(command), choose, prune);
}

function prune(call: Call & PruneFlags): Promise<number> {
  const { dryRun, definition, prefix = definition?.prefix, wait: patience } = call;
  const input: PruneInput = {
    ...(prefix !== undefined && { prefix }),
    ...(dryRun && { dryRun }),
    ...(patience !== undefined && { patience }),
  };
  const below = prefix ?? call.config.prefix;
  const instanceId = jobInstanceId('prune', below, { ...input, prefix: below, container: call.config.container });
  return withSession(call, (_, follow) =>
    follow({
      instanceId,
      directories: [],
      kind: pruneReport,
      words: { committing: 'finishing' },
      begin: {
        name: workflowNames.prune,
        input,
        summary: below === '' ? 'Prune' : `Prune ${below}`,
        what: 'prune',
      },
    }),
  );
}
