import type { Command } from 'commander';
import type { Backups } from '../../../history/views/backups.ts';
import { exitCodes } from '../exit-code.ts';
import { statsFormat } from '../render/stats-text.ts';
import { statsBelow, type SourceStatsRow, watchedPrefixes } from '../../sources/watched-roots.ts';
import { sourcesOf, type SourceFlags } from '../open/at-source.ts';
import type { Call } from '../invocation.ts';
import { printAll } from '../open/look-into.ts';
import { withBackups } from '../open/with-backups.ts';
import { performAtSource, withCommonOptions, type Choose } from './options.ts';

const help = `
One row for each directory that was backed up: how many runs there are; files and bytes of the newest complete one; the bytes of all
runs, as if nothing were shared; and what is stored: blobs, snapshots of their former contents, and the runs' own data. What is of
no run that can be read comes last. Everything below the prefixes is listed, so it takes a while where there is much.
With --json, each row is one JSON object on a line of its own (NDJSON).

Exit codes: 0 done, 1 error, 130 interrupted.

Examples:
  durable-backup stats
  durable-backup stats --source site --json | jq .blobBytes`;

/** `stats`: what backups take in storage. */
export function addStats(program: Command, choose: Choose): void {
  const command = program.command('stats').description('shows what backups take in storage').addHelpText('after', help);
  performAtSource(withCommonOptions(command, 'print NDJSON instead of columns'), choose, tellStats);
}

function tellStats(call: Call & SourceFlags): Promise<number> {
  return withBackups(call, async (backups, signal) => {
    const rows = wanted(statsBelow(backups, await prefixesOf(call, backups), signal), call.source);
    await printAll(rows, statsFormat, call);
    return exitCodes.done;
  });
}

async function prefixesOf(
  call: Call & SourceFlags,
  { prefix }: Backups,
): Promise<{ prefix: string; source?: string }[]> {
  const { definition, source } = call;
  if (definition) return [{ prefix, source: definition.name }];
  return source === undefined ? watchedPrefixes(await sourcesOf(call), prefix) : [{ prefix }];
}

async function* wanted(
  rows: AsyncIterable<SourceStatsRow>,
  root: string | undefined,
): AsyncGenerator<SourceStatsRow, undefined> {
  for await (const row of rows) if (root === undefined || row.root === root) yield row;
  return undefined;
}
