import { forgottenRuns } from '../runs/forgotten.ts';
import { readManifest } from '../records/read-manifest.ts';
import { listRuns } from '../runs/run-catalogue.ts';
import { unfinishedRuns } from '../runs/unfinished-runs.ts';
import { startOf } from '../../contracts/manifest.ts';
import { ExpectedError } from '../../contracts/failures.ts';
import { fetchAhead } from '../../lib/fetch-ahead.ts';
import { isBlobStoreError, type BlobStore } from '../../storage/blob-store.ts';
import { infoOf, type RunInfo } from './run-info.ts';

export interface RunFilter {
  /** The directory that was backed up; runs whose directory is not known are then left out. */
  readonly root?: string;
  /** Only runs that have all of these tags; runs without a manifest are then left out too. */
  readonly tags?: readonly string[];
  /** Whether forgotten runs are listed too. */
  readonly forgottenToo?: boolean;
  /** Only runs whose id sorts before this one. */
  readonly before?: string;
  /** Whether runs without a manifest are left out. */
  readonly endedOnly?: boolean;
}

const manifestsAhead = 8;

/** Runs, newest first. One with a damaged manifest is told of, and does not hide the others. */
export async function* listRunInfos(
  store: BlobStore,
  prefix: string,
  filter: RunFilter,
  signal: AbortSignal,
): AsyncGenerator<RunInfo, undefined> {
  const { forgottenToo = false, before, endedOnly = false } = filter;
  const ids = await Array.fromAsync(listRuns(store, prefix, signal)).catch(noneYet);
  const forgotten = ids.length === 0 ? undefined : await forgottenRuns(store, prefix, signal);
  const isWanted = (id: string) =>
    (before === undefined || id < before) && (forgottenToo || forgotten?.has(id) !== true);
  let unfinished: ReturnType<typeof unfinishedRuns> | undefined;
  const read = async (id: string, fetchSignal: AbortSignal) => {
    const forgottenAt = forgotten?.get(id);
    const info = await infoOfRun(store, prefix, id, fetchSignal);
    // Hardly any run is, so what tells of them is read when the first is met.
    const known =
      info.state === 'unfinished' && !endedOnly
        ? (await (unfinished ??= unfinishedRuns(store, prefix, signal))).get(id)
        : undefined;
    return { ...info, ...known, ...(forgottenAt !== undefined && { forgottenAt }) };
  };
  for await (const info of fetchAhead(ids.filter(isWanted), manifestsAhead, signal, read)) {
    if (isShown(info, filter)) yield info;
  }
  return undefined;
}

function isShown({ state, tags: its, root: of }: RunInfo, { root, tags = [], endedOnly = false }: RunFilter): boolean {
  if (endedOnly && state === 'unfinished') return false;
  return tags.every((tag) => its?.includes(tag)) && (root === undefined || of === root);
}

// Where nothing was backed up there is no container either.
function noneYet(error: unknown): string[] {
  if (isBlobStoreError(error, 'not-found')) return [];
  throw error;
}

async function infoOfRun(store: BlobStore, prefix: string, id: string, signal: AbortSignal): Promise<RunInfo> {
  try {
    const stored = await readManifest(store, { prefix, id }, signal);
    return stored ? infoOf(stored.manifest) : { run: id, state: 'unfinished', startedAt: startOf(id) };
  } catch (error) {
    if (!(error instanceof ExpectedError)) throw error;
    return { run: id, state: 'unreadable', startedAt: startOf(id), reason: error.message };
  }
}
