import { referenceFor, type LastRuns } from '../../history/runs/last-runs.ts';
import type { BackupInput } from '../../contracts/backup.ts';
import type { PageEntry } from '../../contracts/manifest.ts';
import { suspicionOf, type Reference, type Suspicion } from '../../contracts/suspicion.ts';
import type { BlobStore } from '../../storage/blob-store.ts';
import { baseEntries } from './compare-with-base.ts';
import { rootFileSystem } from '../../files/mounts.ts';
import { watchLoss } from './watch-loss.ts';

/** What tells whether a run would be suspect. */
export interface Foreseen {
  readonly reference: Reference;
  readonly maxLoss?: number | undefined;
  readonly onSuspect: (suspicion: Suspicion) => void;
}

/** With which the run would be compared; undefined when nothing could make it suspect. */
export function foresee(
  last: LastRuns,
  wishes: Pick<BackupInput, 'filters' | 'maxLoss' | 'expectLoss'>,
  onSuspect: Foreseen['onSuspect'],
): Foreseen | undefined {
  const reference = referenceFor(last, wishes);
  return reference && { reference, maxLoss: wishes.maxLoss, onSuspect };
}

interface Place {
  readonly store: BlobStore;
  readonly prefix: string;
  /** A real path. */
  readonly root: string;
  readonly signal: AbortSignal;
}

/** The entries of a listing as they come; `onSuspect` is told at their end when a run that holds just these would be suspect. */
export async function* foreseeSuspicion(
  { store, prefix, root, signal }: Place,
  entries: AsyncIterable<PageEntry>,
  { reference, maxLoss, onSuspect }: Foreseen,
): AsyncGenerator<PageEntry, undefined> {
  // That it cannot be read is told where it is compared with.
  const at = { after: undefined, signal, onUnreadable: () => undefined };
  const loss = watchLoss(baseEntries(store, { prefix, base: reference.run }, at), entries);
  let [files, failed] = [0, 0];
  for await (const entry of loss.entries) {
    if (entry.error !== undefined) failed += 1;
    else if (entry.kind === 'file') files += 1;
    yield entry;
  }
  const now = { files, failed, fileSystem: await rootFileSystem(root) };
  const suspicion = suspicionOf(reference, now, { lost: loss.lost(), maxLoss });
  if (suspicion) onSuspect(suspicion);
  return undefined;
}
