import type { BlobStore } from '../../storage/blob-store.ts';
import { jobsFolder, runLayout, type JobKind } from '../../storage/run-layout.ts';
import { forgottenRuns, forgottenSince } from './forgotten.ts';
import { readManifest, type StoredManifest } from '../records/read-manifest.ts';
import {
  ambiguousRun,
  forgottenRun,
  noCompleteRun,
  runOfAnotherRoot,
  runWithoutManifest,
  severalRoots,
  unknownRun,
} from './run-not-found.ts';
import { unfinishedRuns } from './unfinished-runs.ts';
import { isRunId, mayBeginId, parseRunReference } from './run-reference.ts';
import { isGood } from '../../contracts/suspicion.ts';
import { ExpectedError } from '../../contracts/failures.ts';
import { fetchAhead } from '../../lib/fetch-ahead.ts';
import type { Manifest } from '../../contracts/manifest.ts';

/** Which run is meant, among those below a prefix. */
export interface RunQuery {
  readonly prefix: string;
  /** As {@link parseRunReference} reads it. */
  readonly run: string;
  /** The directory that was backed up, as it was named then. */
  readonly root?: string | undefined;
  /** Lets `latest` and a time mean incomplete and suspect runs too. */
  readonly incompleteToo?: boolean;
}

/** The ids of all runs below a prefix, those without a manifest and forgotten ones too, newest first; of one second in any order. */
export async function* listRuns(store: BlobStore, prefix: string, signal: AbortSignal): AsyncGenerator<string> {
  yield* await runIds(store, prefix, signal);
}

/** The ids of the runs that can be chosen: all but the forgotten ones, in the order of {@link listRuns}. */
export async function choosableRuns(store: BlobStore, prefix: string, signal: AbortSignal): Promise<string[]> {
  const ids = await runIds(store, prefix, signal);
  // Read after the runs: what is forgotten in between must not be chosen.
  const forgotten = ids.length === 0 ? undefined : await forgottenRuns(store, prefix, signal);
  return ids.filter((id) => forgotten?.has(id) !== true);
}

/**
 * The manifest of the run that is meant. `latest`, a date and a time mean complete runs that are not suspect unless told otherwise; an id may name any. Throws an
 * `ExpectedError`: `RunNotFound` with what there is to choose from, and what {@link readManifest} throws, also when `latest` or a time
 * may mean a run whose manifest cannot be used. Without a root it reads all manifests, to learn whether there are several roots.
 */
export async function findRun(store: BlobStore, query: RunQuery, signal: AbortSignal): Promise<StoredManifest> {
  const { prefix, run } = query;
  const reference = parseRunReference(idMeant(run, await idsBegunBy(store, { prefix, text: run }, signal)));
  if (reference === undefined || 'beginning' in reference) {
    throw unknownRun(run, prefix, await choosableRuns(store, prefix, signal));
  }
  if ('id' in reference) return findById(store, query, reference.id, signal);
  return findByStart(store, query, reference.startedBy, signal);
}

/** Among which ids one is looked for. */
export interface IdOptions {
  /** Runs unless given. */
  readonly kind?: JobKind;
  /** Whether forgotten runs are meant even where others are. */
  readonly forgottenToo?: boolean;
}

/** The ids that a text may be the beginning of, newest first; none for a text that is whole. */
export async function idsBegunBy(
  store: BlobStore,
  { prefix, text, kind = 'runs', forgottenToo = false }: IdOptions & { readonly prefix: string; readonly text: string },
  signal: AbortSignal,
): Promise<string[]> {
  if (!mayBeginId(text)) return [];
  const begun = (await jobIds(store, { kind, prefix }, signal)).filter((id) => id.startsWith(text));
  if (forgottenToo || kind !== 'runs' || begun.length < 2) return begun;
  const forgotten = await forgottenRuns(store, prefix, signal);
  const choosable = begun.filter((id) => !forgotten.has(id));
  return choosable.length > 0 ? choosable : begun;
}

/** The one id of `begun` that a text is the beginning of, or the text itself where there is none. Throws `RunNotFound` where there are several. */
export function idMeant(text: string, begun: readonly string[]): string {
  const [only = text, ...others] = begun;
  if (begun.includes(text)) return text;
  if (others.length > 0) throw ambiguousRun(text, begun);
  return only;
}

function runIds(store: BlobStore, prefix: string, signal: AbortSignal): Promise<string[]> {
  return jobIds(store, { kind: 'runs', prefix }, signal);
}

async function jobIds(
  store: BlobStore,
  { kind, prefix }: { readonly kind: JobKind; readonly prefix: string },
  signal: AbortSignal,
): Promise<string[]> {
  const folders = await Array.fromAsync(store.listFolders(jobsFolder(kind, prefix), signal));
  return folders.filter(isRunId).toReversed();
}

async function findById(
  store: BlobStore,
  { prefix, root }: RunQuery,
  id: string,
  signal: AbortSignal,
): Promise<StoredManifest> {
  // First, for the manifest of a forgotten run may be in ruins.
  const since = await forgottenSince(store, { prefix, id }, signal);
  if (since !== undefined) throw forgottenRun(id, since);
  const found = await readManifest(store, { prefix, id }, signal);
  if (found === undefined) {
    if (await hasData(store, { prefix, id }, signal))
      throw runWithoutManifest(id, (await unfinishedRuns(store, prefix, signal)).get(id));
    throw unknownRun(id, prefix, await choosableRuns(store, prefix, signal));
  }
  if (root !== undefined && found.manifest.root !== root) throw runOfAnotherRoot(id, found.manifest.root, root);
  return found;
}

async function findByStart(
  store: BlobStore,
  query: RunQuery,
  startedBy: number,
  signal: AbortSignal,
): Promise<StoredManifest> {
  const { prefix, root } = query;
  const newest = new Map<string, StoredManifest>();
  const others: string[] = [];
  const ids = notAfter(await choosableRuns(store, prefix, signal), startedBy);
  for await (const found of newestManifests(store, prefix, ids, signal)) {
    if ('fault' in found) {
      // It may be of the run that is meant, and an older run would be another state than was asked for.
      if (newest.size === 0) throw found.fault;
    } else if (isMeant(found, root, startedBy)) {
      if (!isGood(found.manifest) && query.incompleteToo !== true) others.push(found.manifest.run);
      else if (!newest.has(found.manifest.root)) newest.set(found.manifest.root, found);
    }
    if (newest.size > 0 && root !== undefined) break;
  }
  return onlyOne(query, newest, others);
}

function onlyOne(
  query: RunQuery,
  byRoot: ReadonlyMap<string, StoredManifest>,
  others: readonly string[],
): StoredManifest {
  const [first] = byRoot.values();
  if (first === undefined) throw noCompleteRun(query, others);
  if (byRoot.size > 1) throw severalRoots([...byRoot.keys()]);
  return first;
}

function isMeant({ manifest }: StoredManifest, root: string | undefined, startedBy: number): boolean {
  return Date.parse(manifest.startedAt) <= startedBy && (root === undefined || manifest.root === root);
}

// An id begins with the second in which its run did.
function notAfter(ids: readonly string[], startedBy: number): readonly string[] {
  if (startedBy === Infinity) return ids;
  const second = new Date(startedBy).toISOString().replace(/[-:]|\.\d+/gu, '');
  return ids.filter((id) => id.slice(0, second.length) <= second);
}

const manifestsAhead = 8;
const secondLength = '20261121T061003Z'.length;

/** A manifest, or why the one that is there of a run cannot be used. */
export type FoundManifest = StoredManifest | { readonly id: string; readonly fault: ExpectedError };

/**
 * The manifests of runs whose ids come newest first, as `listRuns` yields them: the run that began last first, and runs without one
 * left out. Ids tell the second and manifests more, so those of one second are put in order here, with what cannot be used first.
 */
export async function* newestManifests(
  store: BlobStore,
  prefix: string,
  ids: Iterable<string>,
  signal: AbortSignal,
): AsyncGenerator<FoundManifest> {
  const read = async (id: string, fetchSignal: AbortSignal) => ({
    second: id.slice(0, secondLength),
    found: await readOrExplain(store, { prefix, id }, fetchSignal),
  });
  let held: FoundManifest[] = [];
  let current = '';
  for await (const { second, found } of fetchAhead(ids, manifestsAhead, signal, read)) {
    if (second !== current) yield* held.splice(0).sort(laterFirst);
    current = second;
    if (found) held.push(found);
  }
  yield* held.sort(laterFirst);
}

async function readOrExplain(
  store: BlobStore,
  run: { readonly prefix: string; readonly id: string },
  signal: AbortSignal,
): Promise<FoundManifest | undefined> {
  try {
    return await readManifest(store, run, signal);
  } catch (error) {
    if (error instanceof ExpectedError) return { id: run.id, fault: error };
    throw error;
  }
}

function laterFirst(a: FoundManifest, b: FoundManifest): number {
  return startOf(b) - startOf(a);
}

function startOf(found: FoundManifest): number {
  return 'fault' in found ? Number.MAX_VALUE : Date.parse(found.manifest.startedAt);
}

/**
 * The manifests of all complete runs of a directory that are neither suspect nor forgotten, newest first. Throws an `ExpectedError`: `RunNotFound` when there is none, or when
 * no root is given and there are several, and what is wrong with a manifest that cannot be used.
 */
export async function completeRuns(
  store: BlobStore,
  { prefix, root }: Pick<RunQuery, 'prefix' | 'root'>,
  signal: AbortSignal,
): Promise<Manifest[]> {
  const complete: Manifest[] = [];
  const others: string[] = [];
  const ids = await choosableRuns(store, prefix, signal);
  for await (const found of newestManifests(store, prefix, ids, signal)) {
    if ('fault' in found) throw found.fault;
    const { manifest } = found;
    if (root !== undefined && manifest.root !== root) continue;
    if (isGood(manifest)) complete.push(manifest);
    else others.push(manifest.run);
  }
  const roots = [...new Set(complete.map((manifest) => manifest.root))];
  if (roots.length > 1) throw severalRoots(roots);
  if (complete.length === 0) throw noCompleteRun({ prefix, run: 'latest', root }, others);
  return complete;
}

/** Whether anything that a run wrote for itself is left in storage. */
export async function hasData(
  store: BlobStore,
  run: { readonly prefix: string; readonly id: string },
  signal: AbortSignal,
): Promise<boolean> {
  for await (const _ of store.list(runLayout(run).folder, signal)) return true;
  return false;
}
