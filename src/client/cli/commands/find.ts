import type { Command } from 'commander';
import { isAbsolute, relative } from 'node:path';
import type { RootRuns } from '../../sources/all-backups.ts';
import { versionFormat, versionFormatOfAll, type RootVersion } from '../render/entry-text.ts';
import type { Call } from '../invocation.ts';
import { lookInto, pathsBelow, type Look } from '../open/with-backups.ts';
import { printAll } from '../render/rows.ts';
import type { Scope } from '../open/scope.ts';
import { heldRunHelp, performAtSource, runArgument, withCommonOptions, type Choose } from './options.ts';

const help = `
The pattern is a path or a glob (quote it), as --exclude takes it: with a slash at its beginning or in its middle it is relative to the
directory that was backed up, and otherwise about names at every depth. Where a run has a path of exactly the name of a glob, such as
'[id].js', that path alone is meant. It is looked for in all complete runs of every directory.
Each row is a version of a path: its size, its time of modification, how many runs have it, and the newest of these. With --json, each
row is one JSON object on a line of its own (NDJSON), with all of these runs, newest first, the exact path, encoded, and the SHA-256.

Exit codes: 0 done, whether or not there is one, 1 error, 130 interrupted.

Examples:
  durable-backup find logo.png
  durable-backup find 'assets/*.png' --run latest --source /srv/site`;

interface FindFlags extends Scope {
  readonly run?: string;
}

/** `find PATTERN`: which runs hold a path, and in which versions. */
export function addFind(program: Command, choose: Choose): void {
  const command = program
    .command('find')
    .description('finds paths in all complete runs, or in one')
    .argument('<pattern>', 'path or glob')
    .option('--run <run>', `look in this one: ${heldRunHelp}`, runArgument)
    .addHelpText('after', help);
  performAtSource(withCommonOptions(command, 'print NDJSON instead of columns'), choose, find);
}

function find(call: Call & FindFlags, pattern: string): Promise<number> {
  return lookInto(call, async (look) => {
    const roots = await rootsOf(call, look);
    // Of an absolute path, it says below which of the directories it is.
    const [only] = roots;
    const isOne = roots.length === 1 && only !== undefined;
    if (isOne) pathsBelow(only.root, [pattern]);
    await printAll(versions(roots, pattern, look), isOne ? versionFormat : versionFormatOfAll, call);
  });
}

async function rootsOf({ run, root }: FindFlags, { all, signal, find: findRun }: Look): Promise<RootRuns[]> {
  if (run === undefined) return all.completeRuns(root === undefined ? {} : { root }, signal);
  const manifest = await findRun(run);
  return [{ source: null, root: manifest.root, runs: [manifest] }];
}

async function* versions(
  roots: readonly RootRuns[],
  pattern: string,
  { backups, signal }: Look,
): AsyncGenerator<RootVersion, undefined> {
  for (const { source, root, runs } of roots) {
    if (isAbsolute(pattern) && relative(root, pattern).startsWith('..')) continue;
    const [glob = '**'] = pathsBelow(root, [pattern]) ?? [];
    for await (const row of backups.versions(runs, glob, signal)) yield { source, root, ...row };
  }
  return undefined;
}
