import { printable } from '../../../lib/printable.ts';
import type { DifferenceRow } from '../../../history/views/compare-runs.ts';
import type { EntryRow, EntryState } from '../../../history/views/list-entries.ts';
import type { VersionRow } from '../../../history/views/find-versions.ts';
import { formatCount, formatTime } from './format.ts';
import type { RowFormat } from './rows.ts';

// Rows come one by one, so the columns have fixed widths.
const widths = { kind: 9, bytes: 15, time: 20, runs: 5, run: 25 };

/** The entries of a run. */
export const entryFormat: RowFormat<EntryRow> = {
  header: ['TYPE'.padEnd(widths.kind), 'MODE', sizeAndTime('BYTES', 'MODIFIED'), 'PATH'].join('  '),
  line: (row) =>
    [
      (row.special ?? row.kind).padEnd(widths.kind),
      row.mode,
      sizeAndTimeOf(row),
      row.reason === undefined ? nameOf(row) : `${nameOf(row)}: ${printable(row.reason)}`,
    ].join('  '),
  nouns: ['path', 'paths'],
  bytes: ({ bytes }) => bytes,
};

/** The versions of paths in several runs, with the newest run that has each. */
export const versionFormat: RowFormat<VersionRow> = {
  header: [sizeAndTime('BYTES', 'MODIFIED'), 'RUNS'.padStart(widths.runs), 'NEWEST'.padEnd(widths.run), 'PATH'].join(
    '  ',
  ),
  line: (row) =>
    [
      sizeAndTimeOf(row),
      formatCount(row.runs.length).padStart(widths.runs),
      (row.runs[0] ?? '').padEnd(widths.run),
      nameOf(row),
    ].join('  '),
  nouns: ['version', 'versions'],
};

/** A version of a path below one of several directories. */
export interface RootVersion extends VersionRow {
  readonly source: string | null;
  readonly root: string;
}

/** As {@link versionFormat}, with whole paths: they are of several directories. */
export const versionFormatOfAll: RowFormat<RootVersion> = {
  ...versionFormat,
  line: (row) => versionFormat.line({ ...row, path: `${row.root.replace(/\/$/u, '')}/${row.path}` }),
};

const marks: Readonly<Record<DifferenceRow['change'], string>> = {
  added: '+',
  removed: '-',
  type: 'T',
  content: 'M',
  attributes: 'A',
};

/** What each mark before a path stands for. */
export const marksHelp = Object.entries(marks)
  .map(([change, mark]) => `${mark} ${change}`)
  .join(', ');

/** The differences between two runs. */
export const differenceFormat: RowFormat<DifferenceRow> = {
  line: (row) => {
    const state = row.after ?? row.before;
    const details = row.reason === undefined ? detailsOf(row) : printable(row.reason);
    const name = nameOf({ path: row.path, ...(state && { kind: state.kind }) });
    return `${marks[row.change]}  ${name}${details === '' ? '' : `: ${details}`}`;
  },
  nouns: ['difference', 'differences'],
  label: ({ change }) => change,
};

// What is not the same, where both runs have the path.
function detailsOf({ before, after }: DifferenceRow): string {
  if (!before || !after) return '';
  const sides = [before, after];
  return (
    [
      sides.map(({ kind }) => kind),
      sides.map(({ bytes }) => (bytes === undefined ? '' : `${formatCount(bytes)} bytes`)),
      sides.map(({ target = '' }) => printable(target)),
      sides.map(({ mode }) => mode),
      sides.map(({ mtime = '' }) => mtime),
    ] as const
  )
    .filter(([one, other]) => one !== other && one !== '' && other !== '')
    .map((pair) => pair.join(' > '))
    .join(', ');
}

function nameOf({ path, kind, target }: { readonly path: string } & Partial<EntryState>): string {
  const name = `${printable(path)}${kind === 'directory' ? '/' : ''}`;
  return target === undefined ? name : `${name} -> ${printable(target)}`;
}

function sizeAndTimeOf(row: EntryState): string {
  return sizeAndTime(row.bytes === undefined ? '-' : formatCount(row.bytes), timeOf(row));
}

function sizeAndTime(size: string, time: string): string {
  return `${size.padStart(widths.bytes)}  ${time.padEnd(widths.time)}`;
}

function timeOf({ mtime }: EntryState): string {
  return mtime === undefined ? '-' : formatTime(mtime);
}
