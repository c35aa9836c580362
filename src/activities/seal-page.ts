import {
  maxReportedFailures,
  type CopyFailure,
  type FileFailure,
  type Run,
  type SealedPage,
} from '../shared/contract.ts';
import { entryKey, type FileOutcome, type ManifestEntry, type PageEntry } from '../shared/manifest.ts';
import { comparePaths, displayPath } from '../shared/encoded-path.ts';
import type { BlobStore } from '../storage/blob-store.ts';
import { parseNdjson } from '../storage/ndjson.ts';
import { runLayout } from '../storage/run-layout.ts';
import type { ActivityDependencies } from './dependencies.ts';
import { eachConcurrently } from '../shared/each-concurrently.ts';
import { withFailureTypes } from './failures.ts';
import { withHeartbeat } from './heartbeat.ts';
import { hasFailed, readShard, writeShard } from './shard.ts';

const reasonLength = 300;
const readsAtOnce = 8;

/**
 * Joins a page with the outcomes of its copies into one shard of the manifest, where every path of the page stands exactly once,
 * and counts it. `gaveUp` are the copies that failed as a whole: their files without an outcome count as failed. In a later round
 * what was listed again takes the place of what had failed, and the rest of the shard stays.
 */
export function createSealPage({ store }: ActivityDependencies) {
  return (run: Run, page: number, gaveUp: readonly CopyFailure[]): Promise<SealedPage> =>
    withFailureTypes(() =>
      withHeartbeat(async (signal) => {
        const layout = runLayout(run);
        const listed = parseNdjson<PageEntry>((await store.read(layout.page(page), { from: 0 }, signal)).toString());
        const outcomes = await readOutcomes(store, layout.outcomes(page), signal);
        const reasons = new Map(gaveUp.map(({ number, reason }) => [number, reason]));
        const sealed = listed.map((entry) => manifestEntry(entry, outcomes.get(entry.path), reasons));
        const before = run.round === undefined ? [] : await readShard(store, run, page, signal);
        const entries = mergeEntries(before, sealed);
        const tally = await writeShard(store, run, page, entries, signal);
        return { tally, failures: failuresOf(entries).slice(0, maxReportedFailures) };
      }),
    );
}

// Whatever had failed was listed again, so what is not in the new list is no longer there.
function mergeEntries(before: readonly ManifestEntry[], sealed: readonly ManifestEntry[]): readonly ManifestEntry[] {
  if (before.length === 0) return sealed;
  const again = new Set(sealed.map(({ path }) => path));
  const kept = before.filter((entry) => !hasFailed(entry) && !again.has(entry.path));
  return [...kept, ...sealed].sort((a, b) => comparePaths(entryKey(a), entryKey(b)));
}

async function readOutcomes(store: BlobStore, prefix: string, signal: AbortSignal): Promise<Map<string, FileOutcome>> {
  const outcomes = new Map<string, FileOutcome>();
  await eachConcurrently(store.list(prefix, signal), readsAtOnce, async ({ name }) => {
    const lines = await store.read(name, { from: 0 }, signal);
    for (const outcome of parseNdjson<FileOutcome>(lines.toString())) outcomes.set(outcome.path, outcome);
  });
  return outcomes;
}

function manifestEntry(
  listed: PageEntry,
  copied: FileOutcome | undefined,
  reasons: ReadonlyMap<number, string>,
): ManifestEntry {
  const { copy, error, ...entry } = listed;
  if (copied) return { ...entry, ...copied };
  if (error !== undefined) return { ...entry, outcome: 'failed', reason: error, attempts: 1 };
  if (entry.kind === 'other')
    return { ...entry, outcome: 'skipped', reason: 'a socket, fifo or device has no content to back up', attempts: 0 };
  if (copy === undefined) return { ...entry, outcome: 'recorded', attempts: 0 };
  return { ...entry, outcome: 'failed', reason: reasons.get(copy) ?? 'its copy left no outcome', attempts: 1 };
}

function failuresOf(entries: readonly ManifestEntry[]): FileFailure[] {
  return entries.filter(hasFailed).map(({ path, outcome, reason = '' }) => ({
    path: displayPath(path).slice(0, reasonLength),
    outcome: outcome === 'changed' ? 'changed' : 'failed',
    reason: reason.slice(0, reasonLength),
  }));
}
