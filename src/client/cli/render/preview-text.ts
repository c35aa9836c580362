import type { PreviewRow } from '../../../contracts/preview.ts';
import { printable } from '../../../lib/printable.ts';
import { wordsOf } from '../../../contracts/filters.ts';
import { formatCount } from './format.ts';
import type { RowFormat } from './row-lines.ts';

// Rows come one by one, so the columns have fixed widths.
const widths = { action: 9, bytes: 15 };

/** What a backup would do, path by path. */
export const previewFormat: RowFormat<PreviewRow> = {
  header: ['ACTION'.padEnd(widths.action), 'BYTES'.padStart(widths.bytes), 'PATH'].join('  '),
  line: (row) => {
    const reason = row.why ? wordsOf(row.why) : row.reason;
    const size = row.bytes === undefined ? '-' : formatCount(row.bytes);
    const name = `${printable(row.path)}${reason === undefined ? '' : `: ${printable(reason)}`}`;
    return [row.action.padEnd(widths.action), size.padStart(widths.bytes), name].join('  ');
  },
  nouns: ['path', 'paths'],
  label: ({ action }) => action,
  bytes: ({ action, bytes }) => (action === 'upload' ? bytes : undefined),
};
