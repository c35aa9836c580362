import { isBlobStoreError, type BlobStore } from '../storage/blob-store.ts';
import { forgottenBlob, forgottenFolder } from '../storage/run-layout.ts';
import { isRunId } from './run-reference.ts';

interface RunPlace {
  readonly prefix: string;
  readonly id: string;
}

const unknownTime = 'an unknown time';

/** The ids of the forgotten runs below a prefix, each with the time when that was done in ISO 8601; by one listing. */
export async function forgottenRuns(
  store: BlobStore,
  prefix: string,
  signal: AbortSignal,
): Promise<ReadonlyMap<string, string>> {
  const folder = forgottenFolder(prefix);
  const forgotten = new Map<string, string>();
  for await (const { name, metadata } of store.list(folder, signal)) {
    const id = name.slice(folder.length).replace(/\.json$/u, '');
    if (isRunId(id)) forgotten.set(id, metadata['at'] ?? unknownTime);
  }
  return forgotten;
}

/** When a run was forgotten, in ISO 8601; undefined when it is not. Once it is, it cannot be chosen, and the next prune may delete its data. */
export async function forgottenSince(
  store: BlobStore,
  run: RunPlace,
  signal: AbortSignal,
): Promise<string | undefined> {
  const mark = await store.properties(forgottenBlob(run), signal);
  return mark && (mark.metadata['at'] ?? unknownTime);
}

/** Marks a run as forgotten, for all to see from then on; of one that is marked already nothing changes. */
export async function markForgotten(
  store: BlobStore,
  run: RunPlace,
  { at, reason }: { readonly at: string; readonly reason: string },
  signal: AbortSignal,
): Promise<void> {
  const body = Buffer.from(`${JSON.stringify({ format: 1, run: run.id, at, reason })}\n`);
  const options = {
    signal,
    precondition: { absent: true },
    contentType: 'application/json',
    metadata: { at },
  } as const;
  try {
    await store.put(forgottenBlob(run), body, options);
  } catch (error) {
    if (!isBlobStoreError(error, 'precondition-failed')) throw error;
  }
}
