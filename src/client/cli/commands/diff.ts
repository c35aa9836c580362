import type { Command } from 'commander';
import { differenceFormat, marksHelp } from '../render/entry-text.ts';
import type { Call } from '../invocation.ts';
import { lookInto } from '../open/with-backups.ts';
import { printAll } from '../render/rows.ts';
import type { Scope } from '../open/scope.ts';
import { heldRunHelp, performAtSource, runArgument, withCommonOptions, type Choose } from './options.ts';

const help = `
Compares what the two runs hold, path by path. Before each path that differs stands how:
${marksHelp}.
Content is compared by SHA-256, that of a symlink by its target; attributes are permissions and the time of modification.
With --json, each difference is one JSON object on a line of its own (NDJSON), with what the path was before and after.

Exit codes: 0 done, whether or not they differ, 1 error, 130 interrupted.

Examples:
  durable-backup diff 2026-11-20T18:00:00Z latest --source /srv/site
  durable-backup diff 20261121T063324Z-b2d63b73 latest --json | jq -r 'select(.change == "removed").path'`;

/** `diff RUN RUN`: how two runs differ. */
export function addDiff(program: Command, choose: Choose): void {
  const command = program
    .command('diff')
    .description('compares what two runs hold')
    .argument('<before>', heldRunHelp, runArgument)
    .argument('<after>', 'the same', runArgument)
    .addHelpText('after', help);
  performAtSource(withCommonOptions(command, 'print NDJSON instead of text'), choose, compare);
}

function compare(call: Call & Scope, before: string, after: string): Promise<number> {
  return lookInto(call, async ({ backups, signal, find }) => {
    await printAll(backups.differences(await find(before), await find(after), signal), differenceFormat, call);
  });
}
