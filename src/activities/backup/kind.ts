import { type Run, type Tally, emptyTally, tallyOf } from '../../contracts/backup.ts';
import {
  isContentOutcome,
  nameOfKind,
  type FileOutcome,
  type ManifestEntry,
  type PageEntry,
} from '../../contracts/manifest.ts';
import type { PagedKind } from '../paged/kind.ts';
import { unread } from './file-outcome.ts';

export const backupKind: PagedKind<Run, PageEntry, FileOutcome, ManifestEntry, Tally> = {
  name: 'runs',
  // Bytes that the run has to look at.
  needsCopy:
    ({ unchanged }) =>
    ({ kind, error, asBefore }) =>
      kind === 'file' && error === undefined && (asBefore !== true || unchanged !== undefined),
  isDone: isContentOutcome,
  rowOf: manifestEntry,
  emptyTally,
  tallyOf,
};

/** What the run holds at a listed path. */
function manifestEntry(listed: PageEntry, copied: FileOutcome | undefined, lost: string): ManifestEntry {
  const { copy, error, before, asBefore: _, ...entry } = listed;
  if (copied) return { ...entry, ...copied };
  if (error !== undefined) return { ...entry, outcome: 'failed', reason: error, attempts: 1 };
  if (entry.kind === 'other')
    return { ...entry, outcome: 'skipped', reason: `${nameOfKind(entry)} has no content to back up`, attempts: 0 };
  if (copy === undefined)
    return before ? { ...entry, ...unread(entry, before) } : { ...entry, outcome: 'recorded', attempts: 0 };
  return { ...entry, outcome: 'failed', reason: lost, attempts: 1 };
}
