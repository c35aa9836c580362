import { blobFolder } from '../records/blob-names.ts';
import { readManifest } from '../records/read-manifest.ts';
import { factsOf, readFacts, type RunFacts } from '../records/run-facts.ts';
import { forgottenRuns } from '../runs/forgotten.ts';
import { isRunId } from '../runs/run-reference.ts';
import { systemFolder } from '../../contracts/blob-prefix.ts';
import { comparePaths } from '../../contracts/encoded-path.ts';
import { ExpectedError } from '../../contracts/failures.ts';
import { fetchAhead } from '../../lib/fetch-ahead.ts';
import { isBlobStoreError, type BlobProperties, type BlobStore } from '../../storage/blob-store.ts';
import { jobsFolder, ownFolder, prefixOfFolder, runLayout } from '../../storage/run-layout.ts';

const manifestsAhead = 8;

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
 * What each directory's backups below a prefix take, in the order of their blobs and each as soon as these are counted; and last what can
 * be laid to none of them, if there is something. It lists everything below the prefix, and reads those manifests alone whose metadata do
 * not tell what is counted; memory holds a row for each directory and a line for each such manifest.
 */
export async function* statsOf(
  store: BlobStore,
  prefix: string,
  signal: AbortSignal,
): AsyncGenerator<StatsRow, undefined> {
  const place = { store, prefix, signal };
  const other = emptyRow(prefix, null);
  yield* countBlobs(place, await countOwnData(place, other), other);
  if (other.blobs + other.snapshots + other.dataBlobs > 0) yield other;
  return undefined;
}

interface Place {
  readonly store: BlobStore;
  readonly prefix: string;
  readonly signal: AbortSignal;
}

/** What a run keeps of itself, as a listing goes through it. */
interface RunData {
  readonly run: string;
  blobs: number;
  bytes: number;
  /** Its manifest, once that is listed. */
  manifest?: BlobProperties | undefined;
  isAccepted: boolean;
}

/** A row for each directory, with what its runs say and keep of themselves; what is of no run goes to `other`. */
async function countOwnData(place: Place, other: StatsRow): Promise<StatsRow[]> {
  const { store, prefix, signal } = place;
  const rows = new Map<string, StatsRow>();
  const forgotten = await forgottenRuns(store, prefix, signal).catch(noneYet);
  const add = (data: RunData, facts: RunFacts | undefined) => {
    const { run, blobs, bytes } = data;
    const row = facts ? (rows.get(facts.root) ?? emptyRow(prefix, facts.root)) : other;
    row.dataBlobs += blobs;
    row.dataBytes += bytes;
    if (!facts) return;
    rows.set(facts.root, row);
    addRun(row, { run, ...facts, isForgotten: forgotten?.has(run) === true });
  };
  const unread: RunData[] = [];
  for await (const data of ownData(place)) {
    const facts = data.manifest && readFacts(data.manifest);
    if (facts) add(data, facts.state === 'suspect' && data.isAccepted ? { ...facts, state: 'complete' } : facts);
    else if (data.manifest) unread.push({ ...data, manifest: undefined });
    else add(data, undefined);
  }
  const read = async (data: RunData, fetchSignal: AbortSignal) => ({
    data,
    facts: await factsInManifest(store, { prefix, id: data.run }, fetchSignal),
  });
  for await (const { data, facts } of fetchAhead(unread, manifestsAhead, signal, read)) add(data, facts);
  return [...rows.values()];
}

/** What each run keeps of itself, and what is of none as that of a run without an id. */
async function* ownData({ store, prefix, signal }: Place): AsyncGenerator<RunData, undefined> {
  const folder = jobsFolder('runs', prefix);
  let data: RunData | undefined;
  for await (const blob of existing(store.list(ownFolder(prefix), signal))) {
    const [id = ''] = blob.name.startsWith(folder) ? blob.name.slice(folder.length).split('/') : [];
    const run = isRunId(id) ? id : '';
    if (data?.run !== run) {
      if (data) yield data;
      data = { run, blobs: 0, bytes: 0, isAccepted: false };
    }
    addBlob(data, blob, prefix);
  }
  if (data) yield data;
  return undefined;
}

function addBlob(data: RunData, blob: BlobProperties, prefix: string): void {
  data.blobs += 1;
  data.bytes += blob.size;
  const { manifest, accepted } = runLayout({ prefix, id: data.run });
  if (blob.name === manifest) data.manifest = blob;
  if (blob.name === accepted) data.isAccepted = true;
}

/** Undefined where it cannot be read. */
async function factsInManifest(
  store: BlobStore,
  run: { readonly prefix: string; readonly id: string },
  signal: AbortSignal,
): Promise<RunFacts | undefined> {
  try {
    const stored = await readManifest(store, run, signal);
    return stored && factsOf(stored.manifest);
  } catch (error) {
    if (error instanceof ExpectedError) return undefined;
    throw error;
  }
}

interface CountedRun extends RunFacts {
  readonly run: string;
  readonly isForgotten: boolean;
}

function addRun(row: StatsRow, { run, state, files, bytes, isForgotten }: CountedRun): void {
  row.runs += 1;
  if (state === 'incomplete') row.incomplete += 1;
  if (state === 'suspect') row.suspect += 1;
  if (isForgotten) row.forgotten += 1;
  else {
    row.logicalBytes += bytes;
    if (state === 'complete' && run > (row.newest?.run ?? '')) row.newest = { run, files, bytes };
  }
}

/**
 * Yields each row once all blobs of its directory have been listed. Each blob is the directory's whose folder it lies in, of several the
 * innermost, and none's where another prefix begins.
 */
async function* countBlobs(
  { store, prefix, signal }: Place,
  rows: readonly StatsRow[],
  other: StatsRow,
): AsyncGenerator<StatsRow, undefined> {
  const folders = createFolders(prefix, rows);
  const others = await otherPrefixes(store, prefix, signal);
  for await (const { name, size, snapshot } of existing(store.listVersions(prefix, signal))) {
    yield* folders.goTo(name);
    if (name.startsWith(`${systemFolder}/`) || others.some((found) => name.startsWith(found))) continue;
    const row = folders.innermost() ?? other;
    if (snapshot === undefined) {
      row.blobs += 1;
      row.blobBytes += size;
    } else {
      row.snapshots += 1;
      row.snapshotBytes += size;
    }
  }
  yield* folders.rest();
  return undefined;
}

/** The folders of directories, as a listing in the order of names goes through them. */
function createFolders(prefix: string, rows: readonly StatsRow[]) {
  const ahead = rows
    .map((row) => ({ row, folder: blobFolder({ prefix, root: row.root ?? '' }) }))
    .toSorted((a, b) => comparePaths(b.folder, a.folder));
  const around: typeof ahead = [];
  const leave = (name: string) => {
    const left: StatsRow[] = [];
    for (let last = around.at(-1); last && !name.startsWith(last.folder); last = around.at(-1)) {
      left.push(last.row);
      around.pop();
    }
    return left;
  };
  return {
    /** The rows of the folders that are behind once the listing has come to this name. */
    *goTo(name: string): Generator<StatsRow> {
      for (let next = ahead.at(-1); next && comparePaths(next.folder, name) <= 0; next = ahead.at(-1)) {
        yield* leave(next.folder);
        around.push(next);
        ahead.pop();
      }
      yield* leave(name);
    },
    innermost: (): StatsRow | undefined => around.at(-1)?.row,
    /** All others, once it has ended. */
    rest: (): StatsRow[] => [...around, ...ahead].toReversed().map(({ row }) => row),
  };
}

async function otherPrefixes(store: BlobStore, prefix: string, signal: AbortSignal): Promise<string[]> {
  const names = await Array.fromAsync(existing(store.listFolders(`${systemFolder}/`, signal)));
  return names
    .flatMap((name) => prefixOfFolder(name) ?? [])
    .filter((found) => found !== prefix && found.startsWith(prefix));
}

// Where nothing was backed up there is no container either.
async function* existing<T>(listed: AsyncIterable<T>): AsyncGenerator<T, undefined> {
  try {
    yield* listed;
  } catch (error) {
    noneYet(error);
  }
  return undefined;
}

function noneYet(error: unknown): undefined {
  if (!isBlobStoreError(error, 'not-found')) throw error;
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
