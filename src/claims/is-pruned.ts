import type { BlobStore } from '../storage/blob-store.ts';
import { pruningBlob } from '../storage/run-layout.ts';

/** Whether a prune works below the prefix, or was left in the middle of its work: what it was about to delete may yet go. */
export async function isPruned(store: BlobStore, prefix: string, signal: AbortSignal): Promise<boolean> {
  return (await store.properties(pruningBlob(prefix), signal)) !== undefined;
}
