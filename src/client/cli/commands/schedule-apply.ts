import { commandsOf, requireSourcesFile } from '../../sources/sources-file.ts';
import type { Command } from 'commander';
import { exitCodes } from '../exit-code.ts';
import { appliedText } from '../render/schedule-text.ts';
import { writeList } from '../render/write-lines.ts';
import { sourcesOf, type SourcesFileFlags } from '../open/scope.ts';
import type { Call } from '../invocation.ts';
import { withSchedules } from '../open/with-schedules.ts';
import { perform, withCommonOptions, withSourcesFile, type Choose } from './options.ts';

const help = `
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
export function addApply(schedule: Command, choose: Choose): void {
  const command = schedule
    .command('apply')
    .description('makes Temporal equal to the sources file')
    .option('--dry-run', 'change nothing, and say what would be changed', false)
    .addHelpText('after', help);
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
