import { printable } from '../../../lib/printable.ts';
import type { LedgerRow } from '../../../history/views/read-report-rows.ts';
import { formatCount } from './format.ts';
import { rowLines, type RowFormat } from './row-lines.ts';

const shownOfHash = 12;
const widths = { outcome: 9, attempts: 5, bytes: 15, sha256: shownOfHash };

// Rows come one by one, so the columns have fixed widths.
function ledgerLine({ outcome, attempts, bytes, sha256, path, kind, reason }: LedgerRow): string {
  const name = `${printable(path)}${kind === 'directory' ? '/' : ''}`;
  return line(
    outcome,
    attempts === undefined ? '-' : String(attempts),
    bytes === undefined ? '-' : formatCount(bytes),
    sha256?.slice(0, shownOfHash) ?? '-',
    reason === undefined ? name : `${name}: ${printable(reason)}`,
  );
}

function line(outcome: string, attempts: string, bytes: string, sha256: string, rest: string): string {
  return [
    outcome.padEnd(widths.outcome),
    attempts.padStart(widths.attempts),
    bytes.padStart(widths.bytes),
    sha256.padEnd(widths.sha256),
    rest,
  ].join('  ');
}

const format: RowFormat<LedgerRow> = {
  header: line('OUTCOME', 'TRIES', 'BYTES', 'SHA-256', 'PATH'),
  line: ledgerLine,
  nouns: ['path', 'paths'],
  label: ({ outcome }) => outcome,
  bytes: ({ bytes }) => bytes,
};

/** The lines that show a ledger: NDJSON for programs, or columns with the counts below. */
export function ledgerLines(
  rows: AsyncIterable<LedgerRow>,
  options: { readonly json: boolean },
): AsyncGenerator<string, undefined> {
  return rowLines(rows, format, options);
}
