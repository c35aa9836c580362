import { Context } from '@temporalio/activity';
import { z } from 'zod';
import { forgottenSince } from '../history/runs/forgotten.ts';
import { sealedJson } from '../history/records/manifest-checksum.ts';
import { forgottenRun } from '../history/runs/run-not-found.ts';
import type { BlobStore } from '../storage/blob-store.ts';
import { jobLayout } from '../storage/run-layout.ts';

/** What a restore or a verification says of itself before it reads. */
export const readingSchema = z.object({ format: z.literal(1), instanceId: z.string(), run: z.string() });

/** A restore or a verification that is about to begin, or to go on. */
export interface Reader {
  readonly prefix: string;
  readonly id: string;
  readonly run: string;
}

/**
 * Tells prunes that a run is being read, so that its data stay until the reader ends. Throws `RunNotFound` when the run has been forgotten
 * meanwhile: what a prune does not learn here it was not allowed to read.
 */
export async function markReading(
  store: BlobStore,
  kind: 'restores' | 'verifications',
  { prefix, id, run }: Reader,
  signal: AbortSignal,
): Promise<void> {
  const instanceId = Context.current().info.workflowExecution?.workflowId ?? '';
  const mark: z.infer<typeof readingSchema> = { format: 1, instanceId, run };
  await store.put(jobLayout(kind, { prefix, id }).reading, sealedJson(mark), {
    signal,
    contentType: 'application/json',
  });
  const since = await forgottenSince(store, { prefix, id: run }, signal);
  if (since !== undefined) throw forgottenRun(run, since);
}
