import { readManifest } from '../../manifests/read-manifest.ts';
import { listRuns } from '../../manifests/run-catalogue.ts';
import { ExpectedError } from '../../shared/failures.ts';
import { fetchAhead } from '../../shared/fetch-ahead.ts';
import { isBlobStoreError, type BlobStore } from '../../storage/blob-store.ts';
import { infoOf, startOf, type RunInfo } from './run-info.ts';

export interface RunFilter {
  /** The directory that was backed up; runs without a manifest, whose directory is not known, are then left out. */
  readonly root?: string;
  /** Only runs whose id sorts before this one. */
  readonly before?: string;
}

const manifestsAhead = 8;

/** Runs, newest first. One with a damaged manifest is told of, and does not hide the others. */
export async function* listRunInfos(
  store: BlobStore,
  prefix: string,
  { root, before }: RunFilter,
  signal: AbortSignal,
): AsyncGenerator<RunInfo, undefined> {
  const ids = await Array.fromAsync(listRuns(store, prefix, signal)).catch(noneYet);
  const wanted = before === undefined ? ids : ids.filter((id) => id < before);
  const read = (id: string, fetchSignal: AbortSignal) => infoOfRun(store, prefix, id, fetchSignal);
  for await (const info of fetchAhead(wanted, manifestsAhead, signal, read)) {
    if (root === undefined || info.root === root) yield info;
  }
  return undefined;
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
