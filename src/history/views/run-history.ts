import { forgottenRuns } from '../runs/forgotten.ts';
import { failedBackupsBelow } from '../runs/failed-backups.ts';
import { readManifest } from '../records/read-manifest.ts';
import { listRuns } from '../runs/run-catalogue.ts';
import { canceledBackup, type FailedBackup } from '../../contracts/backup.ts';
import { fetchAhead } from '../../lib/fetch-ahead.ts';
import { ExpectedError } from '../../contracts/failures.ts';
import { isBlobStoreError, type BlobStore } from '../../storage/blob-store.ts';
import { isSuspect } from '../../contracts/suspicion.ts';
import { startOf } from '../../contracts/manifest.ts';

/** The last runs of one directory. Times are milliseconds since 1970. */
export interface RootHistory {
  readonly prefix: string;
  readonly root: string;
  /** When the newest complete run that is not suspect ended; absent when there is none. */
  readonly succeededAt?: number;
  /** Backups since then that failed without leaving a manifest, but for those that somebody stopped. */
  readonly failedBackups: number;
  /** The newest run that has a manifest. */
  readonly last: {
    readonly run: string;
    readonly endedAt: number;
    readonly complete: boolean;
    readonly suspect: boolean;
    readonly files: number;
    readonly bytes: number;
    readonly failed: number;
  };
}

const manifestsAhead = 8;
// Nothing of a run goes on for so long: blocks that wait to be committed live for seven days.
const givenUpAfter = 30 * 24 * 60 * 60 * 1000;

/** What is kept of a run that was read; without a manifest it has no facts. */
type Known = (RootHistory['last'] & Pick<RootHistory, 'root'>) | undefined;

/**
 * Follows the history below a prefix, without the runs that are forgotten. Each look reads the manifests that the one before has not
 * seen: of runs that are new, that had not ended, that were suspect, which may be accepted, or that were incomplete and the last of their
 * directory, which a rewind may complete.
 */
export function createRunHistory(store: BlobStore, prefix: string): (signal: AbortSignal) => Promise<RootHistory[]> {
  const known = new Map<string, Known>();
  const read = async (id: string, signal: AbortSignal) => ({ id, found: await readRun(store, { prefix, id }, signal) });

  return async (signal) => {
    const ids = await Array.fromAsync(listRuns(store, prefix, signal)).catch(noneYet);
    const there = new Set(ids);
    for (const id of known.keys()) if (!there.has(id)) known.delete(id);
    for await (const { id, found } of fetchAhead(toRead(ids, known), manifestsAhead, signal, read))
      known.set(id, found);
    const forgotten = ids.length === 0 ? undefined : await forgottenRuns(store, prefix, signal);
    const runs = ids.flatMap((id) => (forgotten?.has(id) ? [] : (known.get(id) ?? [])));
    const failed = ids.length === 0 ? undefined : await failedBackupsBelow(store, prefix, signal);
    return [...Map.groupBy(runs, ({ root }) => root)].flatMap(([root, ofRoot]) =>
      historyOf(prefix, ofRoot, failed?.get(root) ?? []),
    );
  };
}

/** Those of which something may have changed; `ids` are newest first, the result is oldest first. */
function toRead(ids: readonly string[], known: ReadonlyMap<string, Known>): string[] {
  const roots = new Set<string>();
  const now = Date.now();
  const mayChange = (id: string): boolean => {
    const run = known.get(id);
    if (!run) return !known.has(id) || now - Date.parse(startOf(id)) < givenUpAfter;
    const isLast = !roots.has(run.root);
    roots.add(run.root);
    return run.suspect || (isLast && !run.complete);
  };
  return ids.filter(mayChange).toReversed();
}

/** `runs` are those of one directory, newest first. */
function historyOf(
  prefix: string,
  runs: readonly NonNullable<Known>[],
  failed: readonly Pick<FailedBackup, 'at' | 'type'>[],
): RootHistory[] {
  const ends = runs.filter(isGood).map(({ endedAt }) => endedAt);
  const succeededAt = ends.length > 0 ? Math.max(...ends) : undefined;
  const failedBackups = failed.filter(
    ({ at, type }) => type !== canceledBackup && Date.parse(at) > (succeededAt ?? 0),
  ).length;
  const facts = { prefix, failedBackups, ...(succeededAt !== undefined && { succeededAt }) };
  return runs.slice(0, 1).map(({ root, ...last }) => ({ ...facts, root, last }));
}

function isGood({ complete, suspect }: RootHistory['last']): boolean {
  return complete && !suspect;
}

// Where nothing was backed up there is no container either.
function noneYet(error: unknown): string[] {
  if (isBlobStoreError(error, 'not-found')) return [];
  throw error;
}

async function readRun(
  store: BlobStore,
  place: { readonly prefix: string; readonly id: string },
  signal: AbortSignal,
): Promise<Known> {
  try {
    const stored = await readManifest(store, place, signal);
    if (!stored) return undefined;
    const { run, root, complete, files, bytes, failed, finishedAt } = stored.manifest;
    const suspect = isSuspect(stored.manifest);
    return { run, root, endedAt: Date.parse(finishedAt), complete, suspect, files, bytes, failed };
  } catch (error) {
    // One that is damaged says nothing, and hides no other.
    if (error instanceof ExpectedError) return undefined;
    throw error;
  }
}
