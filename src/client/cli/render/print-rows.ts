import type { Backups } from '../../../history/views/backups.ts';
import type { LedgerRow, ReportedJob } from '../../../history/views/read-report-rows.ts';
import { ledgerLines } from './ledger-text.ts';
import { writeLines } from './write-lines.ts';
import type { Call } from '../invocation.ts';

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
