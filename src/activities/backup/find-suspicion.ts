import { readEntries } from '../../history/entries/read-entries.ts';
import type { Run, Tally } from '../../contracts/backup.ts';
import type { Manifest } from '../../contracts/manifest.ts';
import { suspicionOf, type Suspicion } from '../../contracts/suspicion.ts';
import type { BlobStore } from '../../storage/blob-store.ts';
import { baseEntries } from './compare-with-base.ts';
import { watchLoss } from './watch-loss.ts';

export type UnsealedManifest = Omit<Manifest, 'checksum'>;

/**
 * Why a run that is about to be committed is suspect; undefined when it is not. Its entries are joined with those of the run that it is
 * compared with only where its counts leave room for a loss: of most runs nearly all is unchanged.
 */
export async function findSuspicion(
  store: BlobStore,
  { prefix, base, reference, maxLoss }: Run,
  { manifest, tally }: { readonly manifest: UnsealedManifest; readonly tally: Tally },
  signal: AbortSignal,
): Promise<Suspicion | undefined> {
  if (!reference) return undefined;
  const judge = (lost: number) => suspicionOf(reference, manifest, { lost, maxLoss });
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
