import { stat } from 'node:fs/promises';
import { displayPath, type EncodedPath } from '../../shared/encoded-path.ts';
import { ExpectedError } from '../../shared/failures.ts';
import type { Filters } from '../../shared/filters.ts';
import { askedPath, type AskedPath } from '../../shared/path-glob.ts';
import type { ResolveWithin } from '../../shared/resolve-within.ts';
import type { Globs } from './globs.ts';
import { ignoredBy, withOwnLevel, type IgnoreLevels } from './ignore-levels.ts';
import type { Why } from '../../shared/preview.ts';
import type { LeftOut } from './left-out.ts';
import type { Child } from './level.ts';
import { inspectFollowed, leadsToFolder, trailInto, type Trail } from './links.ts';
import { findMarker } from './markers.ts';
import type { Entrance, Found, Scope } from './scope.ts';

/** What decides in every directory of a walk. */
interface Rules {
  readonly filters: Filters;
  readonly globs: Globs;
  /** Where symlinks lead; absent where none is followed. */
  readonly resolve: ResolveWithin | undefined;
  /** Of the root; absent where it does not matter. */
  readonly device: bigint | undefined;
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
export async function enterRoot(root: string, rules: Omit<Rules, 'device'>): Promise<Entrance> {
  const location = Buffer.from(root);
  const device = rules.filters.oneFileSystem === true ? (await stat(root, { bigint: true })).dev : undefined;
  const isIncluded = !rules.globs.areIncluding;
  const place = { path: '', location, isIncluded, ignores: [], trail: { real: location, links: 0 } };
  const entrance = entranceOf({ ...rules, device }, place);
  // The root has no entry of its own to be told with.
  const open: Entrance['open'] = (names) =>
    entrance.open(names).catch((error: unknown) => {
      throw error instanceof ExpectedError ? new ExpectedError(error.type, `${root}: ${error.message}`) : error;
    });
  return { ...entrance, open };
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
  const { resolve, filters, device: expected } = rules;
  return {
    byName: byNameOf(rules, place),
    look: lookOf(rules, place),
    enter: async (child, { device }) => {
      const trail = resolve ? await trailInto(resolve, place.trail, child) : place.trail;
      const within = { ...withinOf(rules, place, child), trail };
      const isElsewhere = expected !== undefined && device !== expected;
      const content = isElsewhere
        ? ({ why: { by: 'file-system' }, only: [] } as const)
        : await findMarker(filters, child);
      return { ...entranceOf(rules, within), ...(content && { content }) };
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

function lookOf({ resolve, filters, device }: Rules, { trail }: Place): Scope['look'] {
  const { largerThan = Infinity } = filters;
  if (!resolve && largerThan === Infinity && device === undefined) return undefined;
  return async (child, inspect) => {
    const found = await (resolve ? inspectFollowed(resolve, trail, child, inspect) : inspect(child));
    const why = found && byState(found, largerThan, device);
    return why ? leftOut(child, why) : found;
  };
}

function byState({ entry, device }: Found, largerThan: number, expected: bigint | undefined): Why | undefined {
  if (entry.kind !== 'file' || entry.error !== undefined) return undefined;
  if (entry.size > largerThan) return { by: 'larger-than', rule: String(largerThan) };
  return expected === undefined || device === expected ? undefined : { by: 'file-system' };
}

function withinOf({ globs }: Rules, place: Place, child: Child): Place {
  const asked = askedOf(child);
  return {
    ...place,
    path: child.path,
    location: child.location,
    isIncluded: place.isIncluded || globs.isIncluded(asked),
  };
}

function leftOut({ path, isDirectory }: Child, why: Why): LeftOut {
  return { path, isDirectory, isContent: false, why };
}

function askedOf({ path, isDirectory }: Child): AskedPath {
  return askedPath(displayPath(path), isDirectory);
}
