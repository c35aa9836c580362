import { z } from 'zod';
import type { BlobStore } from '../../storage/blob-store.ts';
import { runningBlob } from '../../storage/run-layout.ts';
import { readBlob } from '../records/read-blob.ts';
import { parseSealed } from '../records/manifest-checksum.ts';

/** What the blob of a backup that has a root for itself holds. */
export const runningSchema = z.object({
  format: z.number(),
  instanceId: z.string(),
  firstRunId: z.string(),
  run: z.string(),
  /** Absent of a backup that an earlier version began. */
  root: z.string().optional(),
  startedAt: z.string(),
  /** Taken for a run that had ended and is taken up again: a prune that was there before it is heeded, and not waited for by it. */
  reopened: z.boolean().optional(),
});

/** The backup that has a root for itself. */
export type Running = Omit<z.infer<typeof runningSchema>, 'format'>;

/** The last backup that had a root for itself, whether or not it has ended; undefined when there was none, or nobody can tell. */
export async function readRunning(
  store: BlobStore,
  { prefix, root }: { readonly prefix: string; readonly root: string },
  signal: AbortSignal,
): Promise<Running | undefined> {
  const found = await readBlob(store, runningBlob(prefix, root), signal);
  return found && parseSealed(runningSchema, found.bytes);
}
