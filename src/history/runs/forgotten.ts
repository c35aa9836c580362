import type { BlobStore } from '../../storage/blob-store.ts';
import { forgottenBlob, forgottenFolder } from '../../storage/run-layout.ts';
import { markedAt, putMark, timeOf } from '../records/put-mark.ts';
import { isRunId } from './run-reference.ts';

interface RunPlace {
  readonly prefix: string;
  readonly id: string;
}

/** The ids of the forgotten runs below a prefix, each with the time when that was done in ISO 8601; by one listing. */
export async function forgottenRuns(
  store: BlobStore,
  prefix: string,
  signal: AbortSignal,
): Promise<ReadonlyMap<string, string>> {
  const folder = forgottenFolder(prefix);
  const forgotten = new Map<string, string>();
  for await (const mark of store.list(folder, signal)) {
    const id = mark.name.slice(folder.length).replace(/\.json$/u, '');
    if (isRunId(id)) forgotten.set(id, timeOf(mark));
  }
  return forgotten;
}

/** When a run was forgotten, in ISO 8601; undefined when it is not. Once it is, it cannot be chosen, and the next prune may delete its data. */
export function forgottenSince(store: BlobStore, run: RunPlace, signal: AbortSignal): Promise<string | undefined> {
  return markedAt(store, forgottenBlob(run), signal);
}

/** Marks a run as forgotten, for all to see from then on; of one that is marked already nothing changes. */
export function markForgotten(
  store: BlobStore,
  run: RunPlace,
  { at, reason }: { readonly at: string; readonly reason: string },
  signal: AbortSignal,
): Promise<void> {
  return putMark(store, forgottenBlob(run), { run: run.id, at, reason }, signal);
}
