import { blobFolder } from '../records/blob-names.ts';
import { isRunId } from '../runs/run-not-found.ts';
import { systemFolder } from '../../contracts/blob-prefix.ts';
import { isBlobStoreError, type BlobStore } from '../../storage/blob-store.ts';
import { jobsFolder, ownFolder, prefixOfFolder } from '../../storage/run-layout.ts';
import { listRunInfos } from './list-run-infos.ts';
import type { RunInfo } from './run-info.ts';

/** What backups of one directory take in storage. Sizes are bytes. */
export interface StatsRow {
  readonly prefix: string;
  /** Null for what is below the prefix and of no run that can be read. */
  readonly root: string | null;
  /** Runs that have ended. */
  runs: number;
  /** Those of them that are forgotten, that lack some files, and that are suspect. */
  forgotten: number;
  incomplete: number;
  suspect: number;
  /** Of the newest complete run that is neither suspect nor forgotten; null when there is none. */
  newest: { readonly run: string; readonly files: number; readonly bytes: number } | null;
  /** The sum over all runs that are not forgotten: what they would take if nothing were shared. */
  logicalBytes: number;
  blobs: number;
  blobBytes: number;
  /** Former contents of blobs, which older runs refer to. */
  snapshots: number;
  snapshotBytes: number;
  /** Manifests and what else runs, restores and verifications keep of themselves. */
  dataBlobs: number;
  dataBytes: number;
}

/**
 * What each directory's backups below a prefix take, and last what can be laid to none of them, if there is something. It reads all
 * manifests and lists everything below the prefix; memory holds a line for each run.
 */
export async function* statsOf(
  store: BlobStore,
  prefix: string,
  signal: AbortSignal,
): AsyncGenerator<StatsRow, undefined> {
  const place = { store, prefix, signal };
  const { rows, rowOfRun } = await countRuns(place);
  const other = emptyRow(prefix, null);
  await addOwnData(place, (run) => rowOfRun.get(run) ?? other);
  await addBlobs(place, rows, other);
  yield* rows;
  if (other.blobs + other.snapshots + other.dataBlobs > 0) yield other;
  return undefined;
}

/** A row for each directory, in order, with what its runs say; and the row of each run. */
async function countRuns({ store, prefix, signal }: Place) {
  const rows = new Map<string, StatsRow>();
  const rowOfRun = new Map<string, StatsRow>();
  for await (const info of listRunInfos(store, prefix, { forgottenToo: true }, signal)) {
    const { run, root } = info;
    if (root === undefined) continue;
    const row = rows.get(root) ?? emptyRow(prefix, root);
    rows.set(root, row);
    rowOfRun.set(run, row);
    addRun(row, info);
  }
  const roots = [...rows.keys()].sort();
  return { rows: roots.flatMap((root) => rows.get(root) ?? []), rowOfRun };
}

function addRun(row: StatsRow, { run, state, files = 0, bytes = 0, forgottenAt }: RunInfo): void {
  row.runs += 1;
  if (state === 'incomplete') row.incomplete += 1;
  if (state === 'suspect') row.suspect += 1;
  if (forgottenAt !== undefined) row.forgotten += 1;
  else {
    row.logicalBytes += bytes;
    if (state === 'complete') row.newest ??= { run, files, bytes };
  }
}

interface Place {
  readonly store: BlobStore;
  readonly prefix: string;
  readonly signal: AbortSignal;
}

async function addOwnData({ store, prefix, signal }: Place, rowOf: (run: string) => StatsRow): Promise<void> {
  const folder = jobsFolder('runs', prefix);
  for await (const { name, size } of existing(store.list(ownFolder(prefix), signal))) {
    const id = name.startsWith(folder) ? name.slice(folder.length).split('/')[0] : undefined;
    const row = rowOf(id !== undefined && isRunId(id) ? id : '');
    row.dataBlobs += 1;
    row.dataBytes += size;
  }
}

/** Each blob is the directory's whose folder it lies in, of several the innermost, and none's where another prefix begins. */
async function addBlobs({ store, prefix, signal }: Place, rows: readonly StatsRow[], other: StatsRow): Promise<void> {
  const folders = rows
    .flatMap((row) => (row.root === null ? [] : [{ row, folder: blobFolder({ prefix, root: row.root }) }]))
    .sort((a, b) => b.folder.length - a.folder.length);
  const names = await Array.fromAsync(existing(store.listFolders(`${systemFolder}/`, signal)));
  const others = names
    .flatMap((name) => prefixOfFolder(name) ?? [])
    .filter((found) => found !== prefix && found.startsWith(prefix));
  for await (const { name, size, snapshot } of existing(store.listVersions(prefix, signal))) {
    if (name.startsWith(`${systemFolder}/`) || others.some((found) => name.startsWith(found))) continue;
    const row = folders.find(({ folder }) => name.startsWith(folder))?.row ?? other;
    if (snapshot === undefined) {
      row.blobs += 1;
      row.blobBytes += size;
    } else {
      row.snapshots += 1;
      row.snapshotBytes += size;
    }
  }
}

// Where nothing was backed up there is no container either.
async function* existing<T>(listed: AsyncIterable<T>): AsyncGenerator<T, undefined> {
  try {
    yield* listed;
  } catch (error) {
    if (!isBlobStoreError(error, 'not-found')) throw error;
  }
  return undefined;
}

function emptyRow(prefix: string, root: string | null): StatsRow {
  return {
    prefix,
    root,
    runs: 0,
    forgotten: 0,
    incomplete: 0,
    suspect: 0,
    newest: null,
    logicalBytes: 0,
    blobs: 0,
    blobBytes: 0,
    snapshots: 0,
    snapshotBytes: 0,
    dataBlobs: 0,
    dataBytes: 0,
  };
}
