import { printable } from '../../../lib/printable.ts';
import type { SourceStatsRow } from '../../sources/watched-roots.ts';
import { formatBytes, formatCount } from './format.ts';
import type { RowFormat } from './row-lines.ts';

const width = 11;
const cells = (...texts: readonly string[]) => texts.map((text) => text.padStart(width)).join(' ');

/** What directories take in storage, for people. */
export const statsFormat: RowFormat<SourceStatsRow> = {
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
