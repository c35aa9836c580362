import type { FileFailure } from '../../contracts/contract.ts';
import { nameOfKind, type FileOutcome, type ManifestEntry, type PageEntry } from '../../contracts/manifest.ts';
import { unread } from './copy/file-outcome.ts';

/** What the run holds at a listed path, by what its copy left of it; `reasons` are why whole copies gave up, by their numbers. */
export function manifestEntry(
  listed: PageEntry,
  copied?: FileOutcome,
  reasons: ReadonlyMap<number, string> = new Map(),
): ManifestEntry {
  const { copy, error, before, asBefore: _, ...entry } = listed;
  if (copied) return { ...entry, ...copied };
  if (error !== undefined) return { ...entry, outcome: 'failed', reason: error, attempts: 1 };
  if (entry.kind === 'other')
    return { ...entry, outcome: 'skipped', reason: `${nameOfKind(entry)} has no content to back up`, attempts: 0 };
  if (copy === undefined)
    return before ? { ...entry, ...unread(entry, before) } : { ...entry, outcome: 'recorded', attempts: 0 };
  return { ...entry, outcome: 'failed', reason: reasons.get(copy) ?? 'its copy left no outcome', attempts: 1 };
}

/** Whether the run lacks what is at this path. */
export function hasFailed({ outcome }: Pick<ManifestEntry, 'outcome'>): boolean {
  return outcome === 'failed' || outcome === 'changed';
}

/** Whether another process had the file in its hands, so that it may be had later. */
export function isBusy(entry: ManifestEntry): boolean {
  return hasFailed(entry) && entry.busy === true;
}

export function failuresOf(entries: readonly ManifestEntry[]): FileFailure[] {
  return entries.filter(hasFailed).map(({ path, outcome, reason = '' }) => ({
    path,
    outcome: outcome === 'changed' ? 'changed' : 'failed',
    reason,
  }));
}
