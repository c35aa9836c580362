import { createHash } from 'node:crypto';
import { gzipSync } from 'node:zlib';
import {
  maxReportedFailures,
  type CopyFailure,
  type FileFailure,
  type Run,
  type SealedPage,
} from '../shared/contract.ts';
import type { FileOutcome, ManifestEntry, PageEntry } from '../shared/manifest.ts';
import { displayPath } from '../shared/encoded-path.ts';
import { addTallies, emptyTally, tallyOf } from '../shared/tally.ts';
import type { BlobStore } from '../storage/blob-store.ts';
import { parseNdjson, toNdjson } from '../storage/ndjson.ts';
import { runLayout } from '../storage/run-layout.ts';
import type { ActivityDependencies } from './dependencies.ts';
import { eachConcurrently } from './each-concurrently.ts';
import { withFailureTypes } from './failures.ts';
import { withHeartbeat } from './heartbeat.ts';

const reasonLength = 300;
const readsAtOnce = 8;

/**
 * Joins a page with the outcomes of its copies into one shard of the manifest, where every path of the page stands exactly once,
 * and counts it. `gaveUp` are the copies that failed as a whole: their files without an outcome count as failed.
 */
export function createSealPage({ store }: ActivityDependencies) {
  return (run: Run, page: number, gaveUp: readonly CopyFailure[]): Promise<SealedPage> =>
    withFailureTypes(() =>
      withHeartbeat(async (signal) => {
        const layout = runLayout(run);
        const listed = parseNdjson<PageEntry>((await store.read(layout.page(page), { from: 0 }, signal)).toString());
        const outcomes = await readOutcomes(store, layout.outcomes(page), signal);
        const reasons = new Map(gaveUp.map(({ number, reason }) => [number, reason]));
        const entries = listed.map((entry) => manifestEntry(entry, outcomes.get(entry.path), reasons));
        const tally = entries.map(tallyOf).reduce(addTallies, emptyTally);

        const shard = gzipSync(toNdjson(entries));
        const sha256 = createHash('sha256').update(shard).digest('hex');
        await store.put(layout.shard(page), shard, {
          signal,
          contentType: 'application/x-ndjson+gzip',
          // What commitRun needs of a shard, so that it need not read it.
          metadata: { sha256, entries: String(entries.length) },
        });
        return { tally, failures: failuresOf(entries).slice(0, maxReportedFailures) };
      }),
    );
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
  return entries.flatMap(({ path, outcome, reason = '' }) =>
    outcome === 'failed' || outcome === 'changed'
      ? [{ path: displayPath(path).slice(0, reasonLength), outcome, reason: reason.slice(0, reasonLength) }]
      : [],
  );
}
