import type { Command } from 'commander';
import type { Backups } from '../../../history/views/backups.ts';
import { infoOf } from '../../../history/views/run-info.ts';
import { exitCodes } from '../exit-code.ts';
import { watchedPrefixes } from '../../sources/watched-roots.ts';
import { ExpectedError, failureTypes } from '../../../contracts/failures.ts';
import { printable, printableJson } from '../../../lib/printable.ts';
import type { Manifest } from '../../../contracts/manifest.ts';
import { sourcesOf, type SourceFlags } from '../open/at-source.ts';
import type { Call } from '../invocation.ts';
import { withBackups } from '../open/with-backups.ts';
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

function accept(call: Call & SourceFlags, run: string): Promise<number> {
  const { answer, json, quiet } = call;
  return withBackups(call, async (backups, signal) => {
    const manifest = await acceptAnywhere(await placesOf(call, backups), run, signal);
    if (json) answer(printableJson(infoOf(manifest)));
    else if (!quiet) answer(sentenceOf(manifest));
    return exitCodes.done;
  });
}

/** Where the run may be: below the prefix that is meant, or else below that of any source. */
async function placesOf(call: Call & SourceFlags, backups: Backups): Promise<Backups[]> {
  if (call.source !== undefined) return [backups];
  const others = watchedPrefixes(await sourcesOf(call), backups.prefix).map(({ prefix }) => backups.below(prefix));
  return [backups, ...others.filter(({ prefix }) => prefix !== backups.prefix)];
}

async function acceptAnywhere(
  [first, ...others]: readonly Backups[],
  run: string,
  signal: AbortSignal,
): Promise<Manifest> {
  if (!first) throw new TypeError('There is nowhere to look');
  try {
    return await first.accept(run, signal);
  } catch (error) {
    const isElsewhere = error instanceof ExpectedError && error.type === failureTypes.runNotFound;
    if (!isElsewhere || others.length === 0) throw error;
    return acceptAnywhere(others, run, signal).catch((other: unknown) => {
      throw other instanceof ExpectedError && other.type === failureTypes.runNotFound ? error : other;
    });
  }
}

function sentenceOf({ run, root, suspect }: Manifest): string {
  if (!suspect) return `Run ${run} of ${printable(root)} is not suspect: there is nothing to accept.`;
  return `Run ${run} of ${printable(root)} is accepted, since ${suspect.acceptedAt}: it is a run like any other.`;
}
