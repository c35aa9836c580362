import type { BlobStore } from '../../storage/blob-store.ts';
import { runLayout } from '../../storage/run-layout.ts';

/** Whether anything that a run wrote for itself is left in storage. */
export async function hasData(
  store: BlobStore,
  run: { readonly prefix: string; readonly id: string },
  signal: AbortSignal,
): Promise<boolean> {
  for await (const _ of store.list(runLayout(run).folder, signal)) return true;
  return false;
}
