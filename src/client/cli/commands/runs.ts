import { printable } from '../../../lib/printable.ts';
import type { Command } from 'commander';
import type { AllBackups, ListedRun } from '../../sources/all-backups.ts';
import { exitCodes, type Call } from '../invocation.ts';
import { formatTime } from '../render/format.ts';
import { runListText } from '../render/run-list.ts';
import { writeList } from '../render/rows.ts';
import type { Scope } from '../open/scope.ts';
import { withScope } from '../open/with-backups.ts';
import { performAtSource, withCommonOptions, tagsOf, withTag, type Choose, type TagFlags } from './options.ts';

const help = `
States: complete; incomplete, with the number of files that failed; suspect, with what it lost since the last good run; unfinished,
which runs or was stopped before its end, and then with when that was; unreadable, when the manifest is damaged. What goes on with the
newest run of a directory, where that is unfinished, is told on standard error. With --source, backups that failed since the last
success without becoming a run are told on standard error. \`durable-backup forget --undo\` takes back that a run was forgotten.

Exit codes: 0 done, whatever the states are, 1 error, 130 interrupted.

Examples:
  durable-backup runs
  durable-backup runs --tag nightly --forgotten
  durable-backup runs --source /srv/site --json | head -1 | jq -r .run`;

const failedTold = 10;

interface RunsFlags extends Scope, TagFlags {
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
  performAtSource(withCommonOptions(command, 'print NDJSON instead of text'), choose, listRuns);
}

/** What made no run, and so is none of the list. */
async function failedText(
  backups: AllBackups,
  { root, runs }: { readonly root: string; readonly runs: readonly ListedRun[] },
  signal: AbortSignal,
): Promise<string[]> {
  const listed = new Set<string | undefined>(runs.map(({ run }) => run));
  return (await backups.failedBackups(root, signal))
    .filter(({ run }) => !listed.has(run))
    .slice(-failedTold)
    .map(
      ({ at, instanceId, type, message }) =>
        `Failed without becoming a run: ${formatTime(at)}, instance ${instanceId}: ${type}: ${printable(message)}`,
    );
}

function listRuns(call: Call & RunsFlags): Promise<number> {
  const { root, forgotten: forgottenToo } = call;
  const filter = { ...(root !== undefined && { root }), ...tagsOf(call), forgottenToo };
  return withScope(call, async (backups, signal) => {
    const runs = await backups.runs(filter, signal);
    if (root !== undefined) (await failedText(backups, { root, runs }, signal)).forEach(call.note);
    await writeList(runs, call, () => runListText(runs, backups.any.place));
    if (!call.json) backups.aboutUnfinished(runs).forEach((sentence) => call.note(`${printable(sentence)}.`));
    return exitCodes.done;
  });
}
