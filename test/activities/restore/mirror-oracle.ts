/** Files by path with their sizes; a folder ends in a slash. Names that begin with `d` are folders, so nothing is ever of another kind. */
export type Tree = ReadonlyMap<string, number>;

/** What of a tree a run leaves out; the ignore files are in the trees. */
export interface Rules {
  readonly isLogExcluded: boolean;
  readonly isFirstFolderExcluded: boolean;
  readonly isOnlyMarkdown: boolean;
  readonly isMarked: boolean;
  readonly largest: number;
}

/** Of an ignore file, whose size says which of two texts it has. */
export const ignoreTexts = { 6: '*.tmp\n', 4: 'd3/\n' } as const;
export const ignoreName = '.backupignore';
export const marker = 'skip.me';

/** What must be in the target after a mirror, worked out with nothing of the code under test: its files with their sizes, and its folders. */
export function expectedAfter(source: Tree, target: Tree, rules: Rules): Map<string, number> {
  const held = heldOf(source, rules);
  const told = [...source.keys()].filter((path) => isTold(path, source, rules));
  const marked = rules.isMarked
    ? foldersWith(source, marker).filter((path) => !isOut(path, source, rules, noFiles))
    : [];
  const ignoresHeld = new Map([...source].filter(([path]) => held.has(path)));
  const isWithin = (path: string, folder: string) => folder.endsWith('/') && path.startsWith(folder);
  const inTarget = rules.isMarked ? foldersWith(target, marker) : [];
  const stays = (path: string) =>
    isOut(path, target, rules, held) ||
    // Without the marker the next mirror would not keep the rest.
    inTarget.some((folder) => path === `${folder}${marker}`) ||
    isIgnored(path, ignoresHeld) ||
    told.some((out) => path === out || isWithin(path, out)) ||
    marked.some((folder) => path !== folder && isWithin(path, folder));
  const kept = new Set([...target.keys()].filter((path) => !held.has(path) && stays(path)));
  const passed = new Set([...marked, ...inTarget]);
  for (const path of ignoreFilesOf([...kept], target, rules, (folder) => passed.has(folder) || kept.has(folder)))
    if (!held.has(path)) kept.add(path);
  keepFolders(kept, target, rules);
  const after = new Map(held);
  for (const path of kept) if (!after.has(path)) after.set(path, target.get(path) ?? 0);
  return after;
}

const noFiles: ReadonlyMap<string, number> = new Map();

/** The ignore files of the target that keep one of these: without them the next mirror would not. */
function ignoreFilesOf(
  kept: readonly string[],
  target: Tree,
  rules: Rules,
  isPassed: (folder: string) => boolean,
): string[] {
  const told = kept.filter((path) => !isExcludedByGlob(path, rules) && !foldersOf(path).some(isPassed));
  return told.flatMap((path) => {
    const folders = ['', ...foldersOf(path)].toReversed();
    const folder = folders.find((one) => isIgnoredIn(one, path, target));
    return folder === undefined ? [] : [`${folder}${ignoreName}`];
  });
}

/** Adds the folders that hold what stays, and those that a run would list only for what is in them while nothing is. */
function keepFolders(kept: Set<string>, target: Tree, rules: Rules): void {
  const folders = [...target.keys()].filter((path) => path.endsWith('/')).toSorted((a, b) => b.length - a.length);
  for (const path of folders) {
    const within = [...target.keys()].filter((other) => other !== path && other.startsWith(path));
    const isEmptyWay = within.length === 0 && rules.isOnlyMarkdown && !isIncluded(path);
    if (within.some((other) => kept.has(other)) || isEmptyWay) kept.add(path);
  }
}

function heldOf(tree: Tree, rules: Rules): Map<string, number> {
  const files = [...tree].filter(([path]) => !isOut(path, tree, rules, noFiles));
  const isWanted = ([path]: readonly [string, number]) =>
    !path.endsWith('/') ||
    !rules.isOnlyMarkdown ||
    isIncluded(path) ||
    files.some(([other]) => other !== path && other.startsWith(path) && isIncluded(other));
  return new Map(files.filter(isWanted));
}

/** Whether the run wrote down that it left this out: the topmost of what it did, and not what no include matches. */
function isTold(path: string, tree: Tree, rules: Rules): boolean {
  const above = foldersOf(path);
  if (above.some((folder) => isOut(folder, tree, rules, noFiles))) return false;
  return isOut(path, tree, { ...rules, isOnlyMarkdown: false }, noFiles);
}

/** Whether rules leave a path of a tree out, or a folder that it is in. Those that the run holds they never do. */
function isOut(path: string, tree: Tree, rules: Rules, held: ReadonlyMap<string, number>): boolean {
  return (
    [...foldersOf(path), path].some((part) => !held.has(part) && isOutItself(part, tree, rules)) ||
    isIgnored(path, tree)
  );
}

function isOutItself(path: string, tree: Tree, rules: Rules): boolean {
  const folder = foldersOf(path).at(-1);
  const isBesideMarker = folder !== undefined && tree.has(`${folder}${marker}`) && nameOf(path) !== marker;
  return isOutByName(path, rules) || (rules.isMarked && isBesideMarker) || (tree.get(path) ?? 0) > rules.largest;
}

function isOutByName(path: string, rules: Rules): boolean {
  const isUnwanted = rules.isOnlyMarkdown && !path.endsWith('/') && !isIncluded(path);
  return isUnwanted || isExcludedByGlob(path, rules);
}

function isExcludedByGlob(path: string, rules: Rules): boolean {
  return (rules.isLogExcluded && nameOf(path).endsWith('.log')) || (rules.isFirstFolderExcluded && path === 'd1/');
}

function isIncluded(path: string): boolean {
  return [...foldersOf(path), path].some(
    (part) => nameOf(part).endsWith('.md') || (part.endsWith('/') && nameOf(part) === 'd2'),
  );
}

function isIgnored(path: string, tree: Tree): boolean {
  return ['', ...foldersOf(path)].some((folder) => isIgnoredIn(folder, path, tree));
}

/** Whether the ignore file of this folder leaves a path out, or a folder on the way to it. */
function isIgnoredIn(folder: string, path: string, tree: Tree): boolean {
  const size = tree.get(`${folder}${ignoreName}`);
  const below = [...foldersOf(path), path].filter((part) => part !== folder && part.startsWith(folder));
  if (size === 6) return below.some((part) => nameOf(part).endsWith('.tmp'));
  return size === 4 && below.some((part) => part.endsWith('/') && nameOf(part) === 'd3');
}

function foldersWith(tree: Tree, name: string): string[] {
  return [...tree.keys()].filter((path) => path.endsWith('/') && tree.has(`${path}${name}`));
}

/** The folders that a path is in, the topmost first. */
function foldersOf(path: string): string[] {
  return [...path.matchAll(/\/(?=.)/gu)].map(({ index }) => path.slice(0, index + 1));
}

function nameOf(path: string): string {
  return path.replace(/\/$/u, '').split('/').at(-1) ?? '';
}
