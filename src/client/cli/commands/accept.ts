import type { Command } from 'commander';
import { infoOf } from '../../../history/views/run-info.ts';
import { exitCodes, type Call } from '../invocation.ts';
import { printable, printableJson } from '../../../lib/printable.ts';
import type { Manifest } from '../../../contracts/manifest.ts';
import type { Scope } from '../open/scope.ts';
import { withScope } from '../open/with-backups.ts';
import { performAtSource, runArgument, withCommonOptions, type Choose } from './options.ts';

const help = `
A run is suspect that holds no file any more, that lost more of the last good run's files than it may, or whose directory is on another
file system than then. Until it is accepted, or another backup is as expected, it counts for none of what forget keeps, \`latest\` means
the last good run, and prune deletes nothing. Accepting a run twice, or one that is not suspect, changes nothing.

Exit codes: 0 done, 1 error, 130 interrupted.

Examples:
  durable-backup accept 20261121T063329Z-d5f77bbe
  durable-backup accept 20261121T063329Z-d5f77bbe --source site --json`;

/** `accept RUN`: makes a suspect run a run like any other. */
export function addAccept(program: Command, choose: Choose): void {
  const command = program
    .command('accept')
    .description('says of a suspect run that what it lost is meant')
    .argument('<run>', 'id of a run', runArgument)
    .addHelpText('after', help);
  performAtSource(withCommonOptions(command, 'print one JSON object instead of text'), choose, accept);
}

function accept(call: Call & Scope, run: string): Promise<number> {
  const { answer, json, quiet } = call;
  return withScope(call, async (backups, signal) => {
    const manifest = await backups.accept(run, signal);
    if (json) answer(printableJson(infoOf(manifest)));
    else if (!quiet) answer(sentenceOf(manifest));
    return exitCodes.done;
  });
}

function sentenceOf({ run, root, suspect }: Manifest): string {
  if (!suspect) return `Run ${run} of ${printable(root)} is not suspect: there is nothing to accept.`;
  return `Run ${run} of ${printable(root)} is accepted, since ${suspect.acceptedAt}: it is a run like any other.`;
}
