import { displayPath, type EncodedPath } from '../../contracts/encoded-path.ts';
import type { Filters } from '../../contracts/filters.ts';
import { askedPath } from '../../contracts/globs/path-glob.ts';
import type { PageEntry } from '../../contracts/manifest.ts';
import { createResolver, realFolders } from '../../files/confine.ts';
import { requireOutsideData, type FindEmbeddedData } from '../../files/find-root.ts';
import { createGlobs, type Globs } from '../../files/walk/globs.ts';
import type { LeftOut } from '../../files/walk/scope.ts';
import { enterRoot } from '../../files/walk/selection.ts';
import { walk, type WalkOptions } from '../../files/walk/walk.ts';

export interface SelectOptions extends Pick<WalkOptions, 'readNames' | 'namesInMemory'> {
  readonly filters: Filters | undefined;
  /** Directories that symlinks may lead into. */
  readonly roots: readonly string[];
  /** What is left out whatever the filters say; nothing unless given. */
  readonly embeddedData?: FindEmbeddedData | undefined;
  /** Where the listing goes on; from the beginning unless given. */
  readonly after?: string | undefined;
  /** Is told of everything that is left out, in its turn; the listing goes on when it is done with it. */
  readonly onLeftOut?: (leftOut: LeftOut) => void | Promise<void>;
}

/** What filters leave of a tree. */
export interface SelectedEntries {
  /** As `walk` gives them. */
  readonly entries: AsyncIterable<PageEntry>;
  /** How much was left out before the entry that came last, or in all at the end. What is in a directory that is left out is not counted. */
  readonly excluded: () => number;
  /** Which globs of the filters matched something so far: a `1` or a `0` for each, in the order of `globsOf`. */
  readonly matched: () => string;
}

/** Lists what is below `root`, a real path, but for what the filters leave out. */
export async function selectEntries(
  root: string,
  { filters = {}, roots, embeddedData, after, onLeftOut, ...options }: SelectOptions,
): Promise<SelectedEntries> {
  const globs = createGlobs(filters);
  const own = await embeddedData?.();
  requireOutsideData(root, root, own);
  const resolve = filters.followSymlinks === true ? createResolver(await realFolders(roots)) : undefined;
  const count = { seen: 0, shown: 0 };
  const selection = {
    root: await enterRoot(root, { filters, globs, resolve, own: own === undefined ? undefined : Buffer.from(own) }),
    onLeftOut: (leftOut: LeftOut) => {
      count.seen += 1;
      return onLeftOut?.(leftOut);
    },
    ...(resolve && { checkDirectory: async (directory: Buffer) => void (await resolve(directory)) }),
  };
  const wanted = {
    isOnlyAWay: isOnlyAWay(globs),
    seen: () => count.seen,
    show: (leftOut: number) => (count.shown = leftOut),
  };
  const walked = walk(root, after, { ...options, selection });
  return {
    entries: globs.areIncluding ? wantedFolders(walked, wanted) : walked,
    excluded: () => (globs.areIncluding ? count.shown : count.seen),
    matched: globs.matched,
  };
}

/** Tells of which folders neither they nor a folder that they lie in is included by itself: they are listed for what is in them alone. */
export function isOnlyAWay(globs: Globs): (path: EncodedPath) => boolean {
  return (path) => {
    const names = displayPath(path).split('/');
    return !names.some((_, i) => globs.isIncluded(askedPath(names.slice(0, i + 1).join('/'), true)));
  };
}

/** What of a walk is listed, and when. */
interface Wanted {
  /** Whether a directory is there for what is in it alone. */
  readonly isOnlyAWay: (path: EncodedPath) => boolean;
  /** How much was left out so far. */
  readonly seen: () => number;
  /** Is told how much of that was before the entry that comes next, or in all at the end. */
  readonly show: (leftOut: number) => void;
}

/** The entries without the directories that are only a way to nothing: each of them waits for the first entry in it. */
async function* wantedFolders(
  entries: AsyncIterable<PageEntry>,
  { isOnlyAWay, seen, show }: Wanted,
): AsyncGenerator<PageEntry, void> {
  let waiting: { readonly folder: PageEntry; readonly before: number }[] = [];
  for await (const entry of entries) {
    waiting = waiting.filter(({ folder }) => entry.path.startsWith(`${folder.path}/`));
    if (entry.kind === 'directory' && entry.error === undefined && isOnlyAWay(entry.path)) {
      waiting.push({ folder: entry, before: seen() });
      continue;
    }
    const now = seen();
    for (const { folder, before } of waiting.splice(0)) {
      show(before);
      yield folder;
    }
    show(now);
    yield entry;
  }
  show(seen());
}
