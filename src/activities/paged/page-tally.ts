import type { Tally } from '../../contracts/contract.ts';
import type { ManifestEntry } from '../../contracts/manifest.ts';
import { emptyTally, sumTallies, tallyOf } from '../../contracts/tally.ts';
import type { SelectionResult } from './selection-result.ts';

/** Counts the entries of a page, and with them what filters left out of it. */
export function pageTally(entries: readonly ManifestEntry[], { excluded }: Pick<SelectionResult, 'excluded'>): Tally {
  const counts = sumTallies(entries.map(tallyOf), emptyTally);
  return excluded > 0 ? { ...counts, excluded } : counts;
}
