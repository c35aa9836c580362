import { listRuns } from '../../history/runs/run-catalogue.ts';
import { startOf } from '../../contracts/manifest.ts';
import type { BlobStore } from '../../storage/blob-store.ts';
import { jobId } from '../paged/job-id.ts';

/**
 * The id of a run that begins now. It sorts after every run that is there: when the clock was set back since the newest of them, its
 * time is a second past that one's.
 */
export async function nextRunId(
  store: BlobStore,
  { prefix, startedAt }: { readonly prefix: string; readonly startedAt: string },
  signal: AbortSignal,
): Promise<string> {
  const own = jobId(startedAt);
  for await (const newest of listRuns(store, prefix, signal)) {
    const time = Date.parse(startOf(newest));
    return own > newest || Number.isNaN(time) ? own : jobId(new Date(time + 1000).toISOString());
  }
  return own;
}
