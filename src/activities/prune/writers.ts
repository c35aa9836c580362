import { listRuns } from '../../history/runs/run-catalogue.ts';
import type { BlobStore } from '../../storage/blob-store.ts';
import type { Planned } from './plan.ts';

/** Whether a prune may judge what names this run as its writer. */
export type IsOver = (run: string | undefined) => boolean;

/**
 * Tells of the runs that blobs name as their writers which can refer to no more than the plan knows. To be asked after those blobs were
 * listed: a run writes a page into its folder before it writes a file, and only a prune takes the folder away. So a run that the plan does
 * not know began after it if it has a folder now, and otherwise an earlier prune has deleted it. No clock is asked.
 */
export async function createIsOver(
  store: BlobStore,
  prefix: string,
  plan: readonly Planned[],
  signal: AbortSignal,
): Promise<IsOver> {
  const ended = plan.flatMap((planned) => (planned.kind === 'runs' && planned.fate !== 'under way' ? [planned] : []));
  const judged = new Set(ended.map(({ id }) => id));
  // Where nothing of any run is left but blobs, the rest was lost rather than deleted.
  if (ended.every(({ isEmpty = false }) => isEmpty)) return (run) => run !== undefined && judged.has(run);
  const present = new Set<string>();
  for (const place of placesOf(prefix)) for await (const id of listRuns(store, place, signal)) present.add(id);
  // Blobs of versions that did not say it; no backup of such a version heeds a prune, so none is to run beside one.
  return (run) => run === undefined || judged.has(run) || !present.has(run);
}

/** A prefix and those above it: a first backup below one of them may put blobs here though there was none when the plan was made. */
function placesOf(prefix: string): string[] {
  return ['', ...[...prefix.matchAll(/\//gu)].map(({ index }) => prefix.slice(0, index + 1))];
}
