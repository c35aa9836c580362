import { lstat, open, stat } from 'node:fs/promises';
import { displayPath, encodeSegment, type EncodedPath } from '../../contracts/encoded-path.ts';
import { ExpectedError } from '../../contracts/failures.ts';
import type { Filters, Why } from '../../contracts/filters.ts';
import { askedPath, type AskedPath } from '../../contracts/globs/path-glob.ts';
import type { ResolveWithin } from '../confine.ts';
import { readMounts, type Mounts } from '../mounts.ts';
import { readBlock, toRead } from '../open-file.ts';
import { isWithin, joined } from '../paths.ts';
import type { Globs } from './globs.ts';
import { ignoredBy, withOwnLevel, type IgnoreLevels } from './ignore-file.ts';
import { inspectFollowed, leadsToFolder, realOf, trailInto, type Trail } from './links.ts';
import { ruleAt, type Child, type Entrance, type Found, type LeftOut, type Scope } from './scope.ts';

/** What decides in every directory of a walk. */
interface Rules {
  readonly filters: Filters;
  readonly globs: Globs;
  /** Where symlinks lead; absent where none is followed. */
  readonly resolve: ResolveWithin | undefined;
  /** The one that is backed up alone; absent where all are. */
  readonly fileSystem: FileSystem | undefined;
  /** A real path that nothing is listed of. */
  readonly own: Buffer | undefined;
  /** Where a child really is; unless given, where it is reached. Nothing is to be followed then. */
  readonly locationOf?: (child: Child) => Buffer;
}

interface FileSystem {
  /** Of the root. */
  readonly device: bigint;
  /** Absent where the device alone tells. */
  readonly mounts: Mounts | undefined;
}

/** What decides in one of them besides. */
interface Place {
  readonly path: EncodedPath;
  readonly location: Buffer;
  /** Whether it lies in what an `include` matches. */
  readonly isIncluded: boolean;
  readonly ignores: IgnoreLevels;
  readonly trail: Trail;
}

/** How the root, a real path, is entered. What marks other directories does not count for it, since it was asked for. */
export async function enterRoot(root: string, rules: Omit<Rules, 'fileSystem'>): Promise<Entrance> {
  const location = Buffer.from(root);
  const fileSystem = rules.filters.oneFileSystem === true ? await fileSystemOf(location) : undefined;
  const isIncluded = !rules.globs.areIncluding;
  const place = { path: '', location, isIncluded, ignores: [], trail: { real: location, links: 0 } };
  const entrance = entranceOf({ ...rules, fileSystem }, place);
  // The root has no entry of its own to be told with.
  const openNamed: Entrance['open'] = (names) =>
    entrance.open(names).catch((error: unknown) => {
      throw error instanceof ExpectedError ? new ExpectedError(error.type, `${root}: ${error.message}`) : error;
    });
  return { ...entrance, open: openNamed };
}

async function fileSystemOf(root: Buffer): Promise<FileSystem> {
  return { device: (await stat(root, { bigint: true })).dev, mounts: await readMounts(root) };
}

function entranceOf(rules: Rules, place: Place): Entrance {
  const { filters, resolve } = rules;
  return {
    ...(resolve && { isFolder: (link) => leadsToFolder(resolve, place.trail, link) }),
    open: async (names) => {
      const { ignores: above, path: folder, location } = place;
      const ignores = filters.ignoreFiles === false ? [] : await withOwnLevel(above, { folder, location }, names);
      return scopeOf(rules, { ...place, ignores });
    },
  };
}

function scopeOf(rules: Rules, place: Place): Scope {
  const { resolve, filters } = rules;
  return {
    byName: byNameOf(rules, place),
    look: lookOf(rules, place),
    enter: async (child, found) => {
      const trail = resolve ? await trailInto(resolve, place.trail, child) : place.trail;
      const { path, location } = child;
      const isIncluded = place.isIncluded || rules.globs.isIncluded(askedOf(child));
      const why = byPlace(rules, found, resolve ? trail.real : locationOfChild(rules, child));
      const content = why ? { why, only: [] } : await findMarker(filters, child);
      return { ...entranceOf(rules, { ...place, path, location, isIncluded, trail }), ...(content && { content }) };
    },
  };
}

function byNameOf({ filters, globs }: Rules, { ignores, isIncluded }: Place): Scope['byName'] {
  const isExcluding = (filters.exclude ?? []).length > 0;
  if (!isExcluding && ignores.length === 0 && isIncluded) return undefined;
  return (child) => {
    const asked = askedOf(child);
    const why = (isExcluding && globs.excludes(asked)) || ignoredBy(ignores, asked);
    if (why) return leftOut(child, why);
    const isWanted = isIncluded || globs.isIncluded(asked) || (asked.isDirectory && globs.mayIncludeIn(asked));
    return isWanted ? undefined : leftOut(child, { by: 'include' });
  };
}

function lookOf(rules: Rules, { trail }: Place): Scope['look'] {
  const { resolve, filters, fileSystem } = rules;
  const { largerThan = Infinity } = filters;
  if (!resolve && largerThan === Infinity && !fileSystem) return undefined;
  return async (child, inspect) => {
    const found = await (resolve ? inspectFollowed(resolve, trail, child, inspect) : inspect(child));
    if (found?.entry.kind !== 'file' || found.entry.error !== undefined) return found;
    if (found.entry.size > largerThan) return leftOut(child, { by: 'larger-than', rule: String(largerThan) });
    const why = byPlace(rules, found, found.real ?? (resolve ? realOf(trail, child) : locationOfChild(rules, child)));
    return why ? leftOut(child, why) : found;
  };
}

function locationOfChild({ locationOf }: Rules, child: Child): Buffer {
  return locationOf ? locationOf(child) : child.location;
}

/** Why nothing is listed of what is at a real path, by where that is. */
function byPlace({ fileSystem, own }: Rules, { device, real: followed }: Found, real: Buffer): Why | undefined {
  if (own && isWithin(real, own)) return { by: 'own-data' };
  if (!fileSystem) return undefined;
  const { device: expected, mounts } = fileSystem;
  const isElsewhere = followed ? mounts?.isElsewhere(real) : mounts?.isMountPoint(real);
  return device !== expected || isElsewhere === true ? { by: 'file-system' } : undefined;
}

/** Says that a child is left out, with all that is in it. */
export function leftOut({ path, isDirectory }: Child, why: Why): LeftOut {
  return { path, isDirectory, isContent: false, why };
}

/** A child as globs and ignore files are asked about it. */
export function askedOf({ path, isDirectory }: Child): AskedPath {
  return askedPath(displayPath(path), isDirectory);
}

/** What marks a folder as a cache: https://bford.info/cachedir/ */
export const cacheTag = 'CACHEDIR.TAG';
const cacheSignature = 'Signature: 8a477f597d28d172789f06886806bc55';

/** Why what is in a directory is left out by something that it holds, and what of it is listed all the same: that very thing. */
async function findMarker(
  { excludeIfPresent = [], excludeCaches = false }: Filters,
  { path, location }: { readonly path: EncodedPath; readonly location: Buffer },
): Promise<Entrance['content']> {
  for (const name of excludeIfPresent) {
    const marker = await unlessAbsent(lstat(joined(location, Buffer.from(name))));
    if (!marker) continue;
    // A directory goes with the rest, for it would have to be read.
    const only = marker.isDirectory() ? [] : [encodeSegment(Buffer.from(name))];
    return { why: { by: 'if-present', rule: name, at: ruleAt(path, name) }, only };
  }
  if (!excludeCaches || (await unlessAbsent(isCacheTag(joined(location, Buffer.from(cacheTag))))) !== true)
    return undefined;
  return { why: { by: 'cache', at: ruleAt(path, cacheTag) }, only: [cacheTag] };
}

async function isCacheTag(location: Buffer): Promise<boolean> {
  const file = await open(location, toRead);
  try {
    if (!(await file.stat()).isFile()) return false;
    return (await readBlock(file, 0, cacheSignature.length)).toString('latin1') === cacheSignature;
  } finally {
    await file.close();
  }
}

async function unlessAbsent<T>(asked: Promise<T>): Promise<T | undefined> {
  try {
    return await asked;
  } catch (error) {
    const { code = '' } = error as NodeJS.ErrnoException;
    // A socket cannot be opened, and a symlink is none of a cache's tags.
    if (['ENOENT', 'ENOTDIR', 'ELOOP', 'ENXIO', 'ENAMETOOLONG'].includes(code)) return undefined;
    throw error;
  }
}
