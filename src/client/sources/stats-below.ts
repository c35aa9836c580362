import type { Backups } from '../../history/views/backups.ts';
import type { StatsRow } from '../../history/views/stats.ts';

/** A row with the source whose prefix it is about; null where no source has it. */
export interface SourceStatsRow extends StatsRow {
  readonly source: string | null;
}

/** What backups below these prefixes take in storage, one prefix after the other. */
export async function* statsBelow(
  backups: Backups,
  prefixes: readonly { readonly prefix: string; readonly source?: string }[],
  signal: AbortSignal,
): AsyncGenerator<SourceStatsRow, undefined> {
  for (const { prefix, source } of prefixes) {
    for await (const row of backups.below(prefix).stats(signal)) yield { source: source ?? null, ...row };
  }
  return undefined;
}
