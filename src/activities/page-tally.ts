import type { Tally } from '../shared/contract.ts';
import type { ManifestEntry } from '../shared/manifest.ts';
import { emptyTally, sumTallies, tallyOf } from '../shared/tally.ts';
import type { SelectionResult } from './selection-result.ts';

/** Counts the entries of a page, and with them what filters left out of it. */
export function pageTally(entries: readonly ManifestEntry[], { excluded }: Pick<SelectionResult, 'excluded'>): Tally {
  const counts = sumTallies(entries.map(tallyOf), emptyTally);
  return excluded > 0 ? { ...counts, excluded } : counts;
}
