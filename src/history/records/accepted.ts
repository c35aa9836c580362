import type { BlobStore } from '../../storage/blob-store.ts';
import { runLayout, type StoredJob } from '../../storage/run-layout.ts';
import { markedAt, putMark } from './put-mark.ts';

type RunPlace = Pick<StoredJob, 'prefix' | 'id'>;

/** When it was said of a suspect run that it is meant to be so, in ISO 8601; undefined when it was not. */
export function acceptedAt(store: BlobStore, run: RunPlace, signal: AbortSignal): Promise<string | undefined> {
  return markedAt(store, runLayout(run).accepted, signal);
}

/** Says so; of a run of which it was said before nothing changes. */
export function markAccepted(store: BlobStore, run: RunPlace, signal: AbortSignal): Promise<void> {
  return putMark(store, runLayout(run).accepted, { run: run.id, at: new Date().toISOString() }, signal);
}
