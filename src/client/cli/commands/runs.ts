import { printable, printableJson } from '../../../lib/printable.ts';
import type { Command } from 'commander';
import type { Backups } from '../../../history/views/backups.ts';
import type { RunInfo } from '../../../history/views/run-info.ts';
import { exitCodes } from '../exit-code.ts';
import { formatTime } from '../render/format.ts';
import { runListText } from '../render/run-list.ts';
import { writeLines } from '../render/write-lines.ts';
import type { Call } from '../invocation.ts';
import type { SourceFlags } from '../open/at-source.ts';
import { withBackups } from '../open/with-backups.ts';
import { performAtSource, withCommonOptions, type Choose } from './options.ts';
import { tagsOf, withTag, type TagFlags } from './tag-option.ts';

const help = `
States: complete; incomplete, with the number of files that failed; suspect, with what it lost since the last good run; unfinished,
which runs or was stopped before its end; unreadable, when the manifest is damaged. With --source, backups that failed since the last
success without becoming a run are told on standard error. \`durable-backup forget --undo\` takes back that a run was forgotten.

Exit codes: 0 done, whatever the states are, 1 error, 130 interrupted.

Examples:
  durable-backup runs
  durable-backup runs --tag nightly --forgotten
  durable-backup runs --source /srv/site --json | jq -r '.[0].run'`;

const failedTold = 10;

interface RunsFlags extends SourceFlags, TagFlags {
  readonly forgotten: boolean;
}

/** `runs`: the history, newest first. */
export function addRuns(program: Command, choose: Choose): void {
  const command = program
    .command('runs')
    .description('lists the runs, newest first')
    .option('--forgotten', 'list forgotten runs too', false)
    .addHelpText('after', help);
  withTag(command, 'list only runs with this tag');
  performAtSource(withCommonOptions(command, 'print one JSON array instead of text'), choose, listRuns);
}

/** What made no run, and so is none of the list. */
async function failedText(backups: Backups, root: string, signal: AbortSignal): Promise<string[]> {
  const { failedBackups } = await backups.newest(root, signal);
  return failedBackups
    .slice(-failedTold)
    .map(
      ({ at, instanceId, type, message }) =>
        `Failed without becoming a run: ${formatTime(at)}, instance ${instanceId}: ${type}: ${printable(message)}`,
    );
}

function listRuns(call: Call & RunsFlags): Promise<number> {
  const { source: root, forgotten: forgottenToo, json } = call;
  const filter = { ...(root !== undefined && { root }), ...tagsOf(call), forgottenToo };
  return withBackups(call, async (backups, signal) => {
    const runs: RunInfo[] = [];
    for await (const run of backups.runs(filter, signal)) runs.push(run);
    if (root !== undefined) (await failedText(backups, root, signal)).forEach(call.note);
    await writeLines([json ? printableJson(runs) : runListText(runs, backups.place)], process.stdout);
    return exitCodes.done;
  });
}
