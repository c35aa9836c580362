import type { Command } from 'commander';
import { versionFormat } from '../render/entry-text.ts';
import type { Call } from '../invocation.ts';
import { lookInto, pathIn, printAll } from '../open/look-into.ts';
import type { SourceFlags } from '../open/at-source.ts';
import { heldRunHelp, performAtSource, runArgument, withCommonOptions, type Choose } from './options.ts';

const help = `
The pattern is a path or a glob (quote it), relative to the directory that was backed up, as restore takes it: * and ? stay within
a name, ** stands for folders; where a run has a path of exactly that name, it alone is meant. It is looked for in all complete runs.
Each row is a version of a path: its size, its time of modification, how many runs have it, and the newest of these. With --json, each
row is one JSON object on a line of its own (NDJSON), with all of these runs, newest first, the exact path, encoded, and the SHA-256.

Exit codes: 0 done, whether or not there is one, 1 error, 130 interrupted.

Examples:
  durable-backup find assets/logo.png
  durable-backup find '**/*.log' --run latest --source /srv/site`;

interface FindFlags extends SourceFlags {
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
  const { run, source: root } = call;
  return lookInto(call, async ({ backups, signal, find: findRun }) => {
    const runs =
      run === undefined ? await backups.completeRuns(root === undefined ? {} : { root }, signal) : [await findRun(run)];
    const [newest] = runs;
    const glob = (newest && pathIn(newest, pattern)) ?? '**';
    await printAll(backups.versions(runs, glob, signal), versionFormat, call);
  });
}
