import type { LedgerRow } from '../backups/ledger-row.ts';
import { formatCount, printable } from './format.ts';

const shownOfHash = 12;
const widths = { outcome: 9, attempts: 5, bytes: 15, sha256: shownOfHash };

const ledgerHeader = line('OUTCOME', 'TRIES', 'BYTES', 'SHA-256', 'PATH');

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

// Counts the rows that it is shown, for the line below them.
function createLedgerCount(): { add(row: LedgerRow): void; text(): string } {
  const outcomes = new Map<string, number>();
  let paths = 0;
  let bytes = 0;
  return {
    add({ outcome, bytes: size = 0 }) {
      paths += 1;
      bytes += size;
      outcomes.set(outcome, (outcomes.get(outcome) ?? 0) + 1);
    },
    text() {
      const parts = [...outcomes].map(([outcome, count]) => `${formatCount(count)} ${outcome}`);
      return `${formatCount(paths)} ${paths === 1 ? 'path' : 'paths'}, ${formatCount(bytes)} bytes${parts.length === 0 ? '' : `: ${parts.join(', ')}`}`;
    },
  };
}

/** The lines that show a ledger: NDJSON for programs, or columns with the counts below. */
export async function* ledgerLines(
  rows: AsyncIterable<LedgerRow>,
  { json }: { json: boolean },
): AsyncGenerator<string, undefined> {
  const count = createLedgerCount();
  if (!json) yield ledgerHeader;
  for await (const row of rows) {
    count.add(row);
    yield json ? JSON.stringify(row) : ledgerLine(row);
  }
  if (!json) yield count.text();
  return undefined;
}
