import { printable } from '../../../lib/printable.ts';
import type { LedgerRow, ReportedJob } from '../../../history/views/read-report-rows.ts';
import { formatCount } from './format.ts';
import { rowLines, writeLines, type RowFormat } from './rows.ts';
import type { Backups } from '../../../history/views/backups.ts';
import type { Call } from '../invocation.ts';

const shownOfHash = 12;
const widths = { outcome: 9, attempts: 5, bytes: 15, sha256: shownOfHash };

/** The lines that show a ledger: NDJSON for programs, or columns with the counts below. */
export function ledgerLines(
  rows: AsyncIterable<LedgerRow>,
  options: { readonly json: boolean },
): AsyncGenerator<string, undefined> {
  return rowLines(rows, format, options);
}

/** Prints those rows of a job's ledger whose outcome is wanted; where the storage account is not known here, how to see them. */
export async function printRows(
  call: Call,
  backups: Backups | undefined,
  job: ReportedJob,
  wanted: (outcome: string) => boolean,
): Promise<void> {
  if (backups) {
    await writeLines(ledgerLines(pick(backups.reportLedger(job, call.leave), wanted), { json: false }), process.stdout);
    return;
  }
  call.note(`\`durable-backup ledger ${job.id}\` prints the single paths where the storage account is configured.`);
}

async function* pick(
  rows: AsyncIterable<LedgerRow>,
  wanted: (outcome: string) => boolean,
): AsyncGenerator<LedgerRow, undefined> {
  for await (const row of rows) if (wanted(row.outcome)) yield row;
  return undefined;
}

const format: RowFormat<LedgerRow> = {
  header: line('OUTCOME', 'TRIES', 'BYTES', 'SHA-256', 'PATH'),
  line: ledgerLine,
  nouns: ['path', 'paths'],
  label: ({ outcome }) => outcome,
  bytes: ({ bytes }) => bytes,
};

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
