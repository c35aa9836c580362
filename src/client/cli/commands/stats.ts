import type { Command } from 'commander';
import { exitCodes, type Call } from '../invocation.ts';
import { statsBelow, type SourceStatsRow } from '../../sources/watched-roots.ts';
import type { Scope } from '../open/scope.ts';
import { printAll, type RowFormat } from '../render/rows.ts';
import { withBackups } from '../open/with-backups.ts';
import { performAtSource, withCommonOptions, type Choose } from './options.ts';
import { printable } from '../../../lib/printable.ts';
import { formatBytes, formatCount } from '../render/format.ts';

const help = `
One row for each directory that was backed up: how many runs there are; files and bytes of the newest complete one; the bytes of all
runs, as if nothing were shared; and what is stored: blobs, snapshots of their former contents, and the runs' own data. What is of
no run that can be read comes last. Everything below the prefixes is listed, so it takes a while where there is much; a row comes as
soon as its directory's blobs are counted.
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

function tellStats(call: Call & Scope): Promise<number> {
  return withBackups(call, async (backups, signal) => {
    await printAll(wanted(statsBelow(backups, call.prefixes, signal), call.root), statsFormat, call);
    return exitCodes.done;
  });
}

async function* wanted(
  rows: AsyncIterable<SourceStatsRow>,
  root: string | undefined,
): AsyncGenerator<SourceStatsRow, undefined> {
  for await (const row of rows) if (root === undefined || row.root === root) yield row;
  return undefined;
}

const width = 11;
const cells = (...texts: readonly string[]) => texts.map((text) => text.padStart(width)).join(' ');

/** What directories take in storage, for people. */
const statsFormat: RowFormat<SourceStatsRow> = {
  header: `${cells('RUNS', 'FILES', 'BYTES', 'OF ALL RUNS', 'BLOBS', 'SNAPSHOTS', 'RUN DATA')}  OF`,
  line: (row) => {
    const { runs, newest, logicalBytes, blobBytes, snapshotBytes, dataBytes } = row;
    const sizes = [logicalBytes, blobBytes, snapshotBytes, dataBytes].map(formatBytes);
    const held = newest ? [formatCount(newest.files), formatBytes(newest.bytes)] : ['-', '-'];
    return `${cells(formatCount(runs), ...held, ...sizes)}  ${nameOf(row)}`;
  },
  nouns: ['row', 'rows'],
  bytes: ({ blobBytes, snapshotBytes, dataBytes }) => blobBytes + snapshotBytes + dataBytes,
};

function nameOf({ source, prefix, root }: SourceStatsRow): string {
  const place = source ?? (prefix === '' ? '' : prefix);
  const what = root === null ? '(of no run)' : printable(root);
  return place === '' ? what : `${place}  ${what}`;
}
