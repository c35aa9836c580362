import { readEntries } from '../../history/entries/read-entries.ts';
import type { Run, Tally, BackupInput } from '../../contracts/backup.ts';
import type { Manifest, PageEntry } from '../../contracts/manifest.ts';
import { suspicionOf, type Judged, type Reference, type Suspicion } from '../../contracts/suspicion.ts';
import type { BlobStore } from '../../storage/blob-store.ts';
import { baseEntries } from './compare-with-base.ts';
import { watchLoss } from './watch-loss.ts';
import { referenceFor, type LastRuns } from '../../history/runs/last-runs.ts';
import { rootFileSystem } from '../../files/mounts.ts';

export type UnsealedManifest = Omit<Manifest, 'checksum'>;

/**
 * Why a run that is about to be committed is suspect; undefined when it is not. Its entries are joined with those of the run that it is
 * compared with only where its counts leave room for a loss: of most runs nearly all is unchanged.
 */
export async function findSuspicion(
  store: BlobStore,
  run: Run,
  { manifest, tally }: { readonly manifest: UnsealedManifest; readonly tally: Tally },
  signal: AbortSignal,
): Promise<Suspicion | undefined> {
  const { prefix, base, reference } = run;
  if (!reference) return undefined;
  const judge = (lost: number) => suspicionOf(run, manifest, lost);
  // What is unchanged since the base is not lost of it.
  const atMost = reference.files - (base === reference.run ? (tally.unchanged ?? 0) : 0);
  if (!judge(atMost)) return undefined;
  let isWhole = true;
  const onUnreadable = () => void (isWhole = false);
  const before = baseEntries(store, { prefix, base: reference.run }, { after: undefined, signal, onUnreadable });
  const loss = watchLoss(before, readEntries(store, { ...manifest, checksum: '' }, {}, signal));
  for await (const _ of loss.entries) signal.throwIfAborted();
  const atLeast = Math.max(0, reference.files - manifest.files - manifest.failed);
  return judge(isWhole ? loss.lost() : atLeast);
}

/** What tells whether a run would be suspect. */
export interface Foreseen {
  readonly judged: Judged & { readonly reference: Reference };
  readonly onSuspect: (suspicion: Suspicion) => void;
}

/** With which the run would be compared; undefined when nothing could make it suspect. */
export function foresee(last: LastRuns, wishes: BackupInput, onSuspect: Foreseen['onSuspect']): Foreseen | undefined {
  const reference = referenceFor(last, wishes);
  return reference && { judged: { ...wishes, reference }, onSuspect };
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
  { judged, onSuspect }: Foreseen,
): AsyncGenerator<PageEntry, undefined> {
  // That it cannot be read is told where it is compared with.
  const at = { after: undefined, signal, onUnreadable: () => undefined };
  const loss = watchLoss(baseEntries(store, { prefix, base: judged.reference.run }, at), entries);
  let [files, failed] = [0, 0];
  for await (const entry of loss.entries) {
    if (entry.error !== undefined) failed += 1;
    else if (entry.kind === 'file') files += 1;
    yield entry;
  }
  const now = { files, failed, fileSystem: await rootFileSystem(root) };
  const suspicion = suspicionOf(judged, now, loss.lost());
  if (suspicion) onSuspect(suspicion);
  return undefined;
}
