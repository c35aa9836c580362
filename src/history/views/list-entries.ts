import { z } from 'zod';
import { findEntry, readBelow } from '../entries/read-below.ts';
import { exactPaths } from '../entries/exact-paths.ts';
import {
  beginningOf,
  isGlob,
  meantBy,
  normalizePath,
  normalizePattern,
  pathMatcher,
  requirePathBudget,
  type ExactPaths,
  type PathMatcher,
} from '../../contracts/globs/path-pattern.ts';
import { createTurn } from '../../lib/create-turn.ts';
import { type EncodedPath, displayPath } from '../../contracts/encoded-path.ts';
import { ExpectedError, failureTypes } from '../../contracts/failures.ts';
import type { Immutable } from '../../contracts/input.ts';
import { entryKinds, outcomes, specialKinds, type Manifest, type ManifestEntry } from '../../contracts/manifest.ts';
import type { BlobStore } from '../../storage/blob-store.ts';

/** Which entries of a run are asked for. */
export interface EntriesAsked {
  /** A folder, or something in one; by default the root. */
  readonly path?: string;
  /** Whether what lies in its folders is asked for too. */
  readonly recursive?: boolean;
  /** A path or a glob, in all folders: see {@link meaningOf}. */
  readonly pattern?: string;
}

/**
 * What is in a folder of a run, without the folder itself; of anything else, that alone. Throws an {@link ExpectedError}: `InvalidInput`
 * for a path that can be none, `PathNotFound` when the run does not list it.
 */
export async function* listEntries(
  store: BlobStore,
  manifest: Manifest,
  { path, recursive = false, pattern }: EntriesAsked,
  signal: AbortSignal,
): AsyncGenerator<ManifestEntry> {
  const meaning = pattern === undefined ? undefined : await meaningOf(store, [manifest], pattern, signal);
  if (path === undefined && meaning) return yield* matchingEntries(store, manifest, meaning, signal);
  const shallow = !recursive && !meaning;
  const entries =
    path === undefined
      ? readBelow(store, manifest, { beginning: '', shallow }, signal)
      : entriesAt(store, manifest, { plain: normalizePath(path, 'path'), shallow }, signal);
  yield* meaning ? inTurns(entries, meaning) : entries;
}

/** What a pattern means, for one run or for several alike. */
interface Meaning {
  /** What all that it matches begins with. */
  readonly beginning: EncodedPath;
  readonly matches: PathMatcher;
}

/**
 * A pattern, given by a caller: a glob as filters have them, unless it has characters of one and one of the runs has a path of exactly
 * that name; then that path. Throws an {@link ExpectedError} for one that can be neither.
 */
export async function meaningOf(
  store: BlobStore,
  manifests: readonly Manifest[],
  pattern: string,
  signal: AbortSignal,
): Promise<Meaning> {
  const text = normalizePattern(pattern, 'pattern');
  requirePathBudget([text], 'pattern');
  let exact: ExactPaths = new Map();
  for (const manifest of isGlob(text) ? manifests : []) {
    exact = await exactPaths(store, manifest, [text], signal);
    if (exact.size > 0) break;
  }
  return { beginning: exact.get(text) ?? beginningOf(text), matches: pathMatcher([text], exact) };
}

/** The entries of a run that a pattern means, in all folders. */
export function matchingEntries(
  store: BlobStore,
  manifest: Manifest,
  meaning: Meaning,
  signal: AbortSignal,
): AsyncGenerator<ManifestEntry> {
  return inTurns(readBelow(store, manifest, { beginning: meaning.beginning }, signal), meaning);
}

async function* inTurns(entries: AsyncIterable<ManifestEntry>, { matches }: Meaning): AsyncGenerator<ManifestEntry> {
  const turn = createTurn();
  for await (const entry of entries) {
    if (matches(entry.path, entry.kind === 'directory')) yield entry;
    await turn.giveWay();
  }
}

async function* entriesAt(
  store: BlobStore,
  manifest: Manifest,
  { plain, shallow }: { readonly plain: string; readonly shallow: boolean },
  signal: AbortSignal,
): AsyncGenerator<ManifestEntry> {
  for (const path of meantBy(plain)) {
    const below = readBelow(store, manifest, { beginning: `${path}/`, shallow }, signal);
    const { value: first } = (await below.next()) as IteratorResult<ManifestEntry, undefined>;
    if (first?.path === path) return yield* below;
    await below.return(undefined);
  }
  yield await entryAt(store, manifest, plain, signal);
}

/** What a run lists at a path. Throws an {@link ExpectedError} as {@link listEntries} does. */
export async function entryAt(
  store: BlobStore,
  manifest: Manifest,
  path: string,
  signal: AbortSignal,
): Promise<ManifestEntry> {
  const plain = normalizePath(path, 'path');
  const found = await lookUp(store, manifest, plain, signal);
  if (found) return found;
  const folder = await nearestFolder(store, manifest, plain, signal);
  throw new ExpectedError(
    failureTypes.pathNotFound,
    `Run ${manifest.run} of ${manifest.root} has no path ${JSON.stringify(plain)}: list what is in ${folder}`,
  );
}

async function lookUp(
  store: BlobStore,
  manifest: Manifest,
  plain: string,
  signal: AbortSignal,
): Promise<ManifestEntry | undefined> {
  for (const key of meantBy(plain).flatMap((path) => [`${path}/`, path])) {
    const found = await findEntry(store, manifest, key, signal);
    if (found) return found;
  }
  return undefined;
}

async function nearestFolder(store: BlobStore, manifest: Manifest, plain: string, signal: AbortSignal) {
  const names = plain.split('/');
  for (let count = names.length - 1; count > 0; count -= 1) {
    const folder = names.slice(0, count).join('/');
    const found = await lookUp(store, manifest, folder, signal);
    if (found?.kind === 'directory') return `${JSON.stringify(folder)}, the nearest folder that it has`;
  }
  return 'its root';
}

/** A path, for people and exactly: where bytes are no UTF-8 these differ. */
export const pathMembers = {
  path: z.string().meta({ description: 'For people' }),
  encodedPath: z.string().meta({ description: 'The exact path' }),
};

/** What a path is in a run. */
export const entryStateSchema = z.strictObject({
  kind: z.enum(entryKinds),
  special: z
    .enum(specialKinds)
    .exactOptional()
    .meta({ description: 'Of the kind `other`: a fifo, a socket or a device' }),
  mode: z.string().meta({ description: 'Permission bits in octal digits' }),
  bytes: z.int().min(0).exactOptional(),
  // Absent where the time is beyond what ISO 8601 can tell.
  mtime: z.iso.datetime().exactOptional().meta({ description: 'When it was last modified' }),
  mtimeNs: z.string().meta({ description: 'The same exactly, in nanoseconds since 1970' }),
  sha256: z.string().exactOptional(),
  target: z.string().exactOptional().meta({ description: 'Where a symlink points' }),
});

export type EntryState = Immutable<z.infer<typeof entryStateSchema>>;

/** One path that a run lists. */
export const entryRowSchema = z
  .strictObject({
    ...pathMembers,
    ...entryStateSchema.shape,
    outcome: z.enum(outcomes),
    reason: z.string().exactOptional().meta({ description: 'Why the run does not hold it' }),
  })
  .meta({ id: 'EntryRow', description: 'One path that a run lists; one such object a line' });

export type EntryRow = Immutable<z.infer<typeof entryRowSchema>>;

export type PathRow = Pick<EntryRow, keyof typeof pathMembers>;

export function entryRow(entry: ManifestEntry): EntryRow {
  const { outcome, reason } = entry;
  return { ...pathRow(entry), ...entryState(entry), outcome, ...(reason !== undefined && { reason }) };
}

export function pathRow({ path }: ManifestEntry): PathRow {
  return { path: displayPath(path), encodedPath: path };
}

export function entryState({ kind, special, mode, size, mtimeNs, sha256, target }: ManifestEntry): EntryState {
  const mtime = new Date(Number(BigInt(mtimeNs) / 1_000_000n));
  return {
    kind,
    ...(special && { special }),
    mode: mode.toString(8).padStart(4, '0'),
    ...(kind === 'file' && { bytes: size }),
    ...(!Number.isNaN(mtime.getTime()) && { mtime: mtime.toISOString() }),
    mtimeNs,
    ...(sha256 !== undefined && { sha256 }),
    ...(target !== undefined && { target: displayPath(target) }),
  };
}
