import type { ForgottenRun } from '../../claims/pruning-mark.ts';
import { prefixOf } from '../../contracts/blob-prefix.ts';
import type { ForgetInput, ForgetSummary } from '../../contracts/forget.ts';
import type { Prune } from '../../contracts/prune.ts';
import { forgetRuns } from '../../history/forget/forget-runs.ts';
import { markForgotten } from '../../history/runs/forgotten.ts';
import { readBlob } from '../../history/records/read-blob.ts';
import { isRunId } from '../../history/runs/run-reference.ts';
import { isBlobStoreError, type BlobStore } from '../../storage/blob-store.ts';
import { forgottenBlob, forgottenFolder } from '../../storage/run-layout.ts';
import type { ActivityDependencies } from '../dependencies.ts';
import type { Attempt } from '../paged/activity.ts';

const mostNamed = 100;

/** Forgets runs, as {@link forgetRuns} does, and names the first of them. A second attempt finds what the first one forgot. */
export function createForgetRuns({ store, prefix: usual, isRunning }: ActivityDependencies) {
  return async ({ signal }: Attempt, input: ForgetInput): Promise<ForgetSummary> => {
    const isUnderWay = (instanceId: string) => isRunning(instanceId);
    const parts = { store, prefix: prefixOf(input, usual), isUnderWay, signal };
    const { dryRun, kept, forgotten, runs } = await forgetRuns(parts, input);
    const ids = runs.flatMap(({ outcome, run }) => (outcome === 'forgotten' ? [run] : []));
    return { dryRun, kept, forgotten, runs: ids.slice(0, mostNamed) };
  };
}

/** The forgotten runs below a prefix, each with its mark as it is now. */
export async function readForgotten(store: BlobStore, prefix: string, signal: AbortSignal): Promise<ForgottenRun[]> {
  const folder = forgottenFolder(prefix);
  const forgotten: ForgottenRun[] = [];
  for await (const { name, etag } of store.list(folder, signal)) {
    const run = name.slice(folder.length).replace(/\.json$/u, '');
    if (isRunId(run)) forgotten.push({ run, etag });
  }
  return forgotten;
}

/** Forgets a run for good that ended without a manifest: nobody takes it up again from then on. False when that was taken back. */
export async function sealUnfinished(
  store: BlobStore,
  prune: Pick<Prune, 'id' | 'prefix'>,
  run: string,
  signal: AbortSignal,
): Promise<boolean> {
  const place = { prefix: prune.prefix, id: run };
  await markForgotten(store, place, { at: new Date().toISOString(), reason: 'it ended without a manifest' }, signal);
  const mark = await store.properties(forgottenBlob(place), signal);
  return mark !== undefined && sealForgotten(store, prune, { run, etag: mark.etag }, signal);
}

/**
 * Makes it final that a run is forgotten, before anything of it is deleted: whoever takes that back deletes the mark as it was, so one of
 * the two comes too late. False when it was taken back; an attempt after the first finds its own seal.
 */
export async function sealForgotten(
  store: BlobStore,
  { id: prune, prefix }: Pick<Prune, 'id' | 'prefix'>,
  { run, etag }: ForgottenRun,
  signal: AbortSignal,
): Promise<boolean> {
  const name = forgottenBlob({ prefix, id: run });
  const [mark, found] = await Promise.all([store.properties(name, signal), readBlob(store, name, signal)]);
  if (mark === undefined || found === undefined) return false;
  if (mark.metadata['prune'] === prune) return true;
  if (mark.etag !== etag || found.etag !== etag) return false;
  const metadata = { ...mark.metadata, prune };
  try {
    await store.put(name, found.bytes, { signal, precondition: { etag }, metadata, contentType: 'application/json' });
    return true;
  } catch (error) {
    if (!isBlobStoreError(error, 'precondition-failed')) throw error;
    // An answer that was lost is asked for once more, and then it was this prune that came first.
    return (await store.properties(name, signal))?.metadata['prune'] === prune;
  }
}
