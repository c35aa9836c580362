import type { EncodedPath } from '../../../contracts/encoded-path.ts';
import type { Filters, Why } from '../../../contracts/filters.ts';
import { locationOf } from '../../../files/paths.ts';
import type { Globs } from '../../../files/walk/globs.ts';
import { ignoredBy, type IgnoreLevels } from '../../../files/walk/ignore-file.ts';
import { ruleAt, type Child, type Entrance, type Scope } from '../../../files/walk/scope.ts';
import { askedOf, enterRoot, leftOut } from '../../../files/walk/selection.ts';
import { hasFailed } from '../../paged/shard.ts';
import type { IndexedEntry, RunIndex } from './run-index.ts';

/**
 * How a target is walked for what a mirror of a run may delete: that which the run could have held. Left out is all that the run left out or could not read, and all that it would leave out if the target were what it backs up,
 * by its filters, by the ignore files that it holds, and by those of the target. What the run holds is never left out.
 */
export async function enterMirror(
  realTarget: string,
  run: RunIndex,
  { filters, globs }: { readonly filters: Filters; readonly globs: Globs },
): Promise<Entrance> {
  const { followSymlinks: _, ...rules } = filters;
  // Nothing is deleted behind a symlink of the target.
  const unfollowed = { filters: rules, globs, resolve: undefined, own: undefined };
  // A folder that is held open is reached by a path that tells nothing of mounts.
  const inTarget = ({ path }: Child) => locationOf(realTarget, path);
  const root = await enterRoot(realTarget, { ...unfollowed, locationOf: inTarget });
  return guarded(root, { run, folder: '', above: [] });
}

interface Place {
  readonly run: RunIndex;
  readonly folder: EncodedPath;
  /** Of the ignore files that the run holds for the folders around. */
  readonly above: IgnoreLevels;
}

function guarded(entrance: Entrance, { run, folder, above }: Place): Entrance {
  return {
    open: async (names) => {
      const scope = await entrance.open(names);
      const ignores = await run.withIgnoreFile(above, folder);
      const byRule = (child: Child) => scope.byName?.(child)?.why ?? ignoredBy(ignores, askedOf(child));
      return {
        look: async (child, inspect) => {
          if (isHeldAs(child, await run.find(child.path))) return inspect(child);
          const why = byRule(child) ?? run.leftOut(child.path);
          return why ? leftOut(child, why) : (scope.look ?? plain)(child, inspect);
        },
        enter: async (child, found) => {
          const inner = await scope.enter(child, found);
          const held = await run.find(child.path);
          const marker = await run.markerIn(child.path);
          const why =
            byRule(child) ??
            inner.content?.why ??
            (held && (lackOf(held) ?? run.leftOut(child.path))) ??
            (marker === undefined ? undefined : ({ by: 'if-present', at: ruleAt(child.path, marker) } as const));
          if (why) return allKept(run, why);
          return guarded(inner, { run, folder: child.path, above: ignores });
        },
      };
    },
  };
}

/** A folder of which only what the run holds may be touched. */
function allKept(run: RunIndex, why: Why): Entrance {
  const scope: Scope = {
    look: async (child, inspect) => ((await run.find(child.path)) ? inspect(child) : leftOut(child, why)),
    enter: () => Promise.resolve(allKept(run, why)),
  };
  return { open: () => Promise.resolve(scope) };
}

const plain: NonNullable<Scope['look']> = (child, inspect) => inspect(child);

/** Whether there is a row of the run for it, so that nobody asks about deleting it. */
function isHeldAs(child: Child, held: IndexedEntry | undefined): boolean {
  return held !== undefined && (lackOf(held) !== undefined || (held.kind === 'directory') === child.isDirectory);
}

/** Why the run does not hold what is at a path that it lists, and in it. */
function lackOf(held: IndexedEntry): Why | undefined {
  const { kind, outcome, reason } = held;
  // A symlink with a reason is one that would have been followed.
  const isLacking = hasFailed(held) || outcome === 'skipped' || (kind === 'symlink' && reason !== undefined);
  return isLacking ? { by: 'not-held', ...(reason !== undefined && { rule: reason }) } : undefined;
}
