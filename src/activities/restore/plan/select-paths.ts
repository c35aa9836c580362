import type { EncodedPath } from '../../../contracts/encoded-path.ts';
import { ExpectedError, failureTypes } from '../../../contracts/failures.ts';
import {
  invalid,
  normalizePattern,
  pathMatcher,
  requirePathBudget,
  type PathMatcher,
} from '../../../contracts/globs/path-pattern.ts';
import { holdsContent, type ManifestEntry } from '../../../contracts/manifest.ts';
import type { Restore } from '../../../contracts/restore.ts';
import { parentOf } from '../../../files/paths.ts';
import { createTurn } from '../../../lib/create-turn.ts';

/** Which paths are asked for. */
export interface Selection {
  /** Whether the path itself or a folder that it is in is asked for. */
  readonly selects: PathMatcher;
}

const everything: Selection = { selects: () => true };

/**
 * The selection of files, folders and globs, as filters have them. A path that the run has exactly as it is written, or as a ledger
 * encodes it, is that path alone.
 */
export function createSelection({ paths, exact = {} }: Pick<Restore, 'paths' | 'exact'>): Selection {
  if (paths === undefined) return everything;
  const matches = pathMatcher(paths, new Map(Object.entries(exact)));
  // Entries come folder by folder, so the folders on the way to the last one are mostly those of the next one too.
  const known: Known[] = [];
  const isIn = (folder: EncodedPath): boolean => {
    let last = known.at(-1) ?? top;
    for (; !isWithin(folder, last.folder); last = known.at(-1) ?? top) known.pop();
    while (last.folder !== folder) {
      const end = folder.indexOf('/', last.folder.length + 1);
      const next = end === -1 ? folder : folder.slice(0, end);
      last = { folder: next, isSelected: last.isSelected || matches(next, true) };
      known.push(last);
    }
    return last.isSelected;
  };
  return { selects: (path, isDirectory) => isIn(parentOf(path)) || matches(path, isDirectory) };
}

interface Known {
  readonly folder: EncodedPath;
  /** Whether it, or a folder that it is in, is asked for. */
  readonly isSelected: boolean;
}

const top: Known = { folder: '', isSelected: false };

function isWithin(path: EncodedPath, folder: EncodedPath): boolean {
  return folder === '' || path === folder || path.startsWith(`${folder}/`);
}

/** Brings paths into the form that is compared. Throws an `ExpectedError` that names what is wrong. */
export function normalizePaths(paths: readonly string[] | undefined): readonly string[] | undefined {
  if (paths === undefined) return undefined;
  if (!Array.isArray(paths) || paths.length === 0) {
    throw invalid('paths', 'give at least one, or leave it out for everything');
  }
  const plain = paths.map((path: unknown) => {
    if (typeof path !== 'string') throw invalid('paths', `${JSON.stringify(path)} is no text`);
    return normalizePattern(path, 'paths');
  });
  requirePathBudget(plain, 'paths');
  return plain;
}

type Asked = Pick<Restore, 'paths' | 'exact'>;

/** The entries that are asked for, without the folders on the way to them. */
export async function* onlySelected(
  entries: AsyncIterable<ManifestEntry>,
  asked: Asked,
): AsyncGenerator<ManifestEntry> {
  const selection = createSelection(asked);
  const turn = createTurn();
  for await (const entry of entries) {
    if (selection.selects(entry.path, entry.kind === 'directory')) yield entry;
    await turn.giveWay();
  }
}

/** Bytes of the files among entries that `paths` select. Throws an {@link ExpectedError} that names each path which matches nothing. */
export async function countSelected(
  entries: AsyncIterable<ManifestEntry>,
  { paths = [], exact = {} }: Asked,
): Promise<number> {
  // The run has the exact ones, and of what is in a folder that is asked for, the folder is an entry too.
  let unmatched = paths
    .filter((path) => !Object.hasOwn(exact, path))
    .map((path) => ({ path, matches: pathMatcher([path]) }));
  let bytes = 0;
  for await (const entry of entries) {
    unmatched = unmatched.filter(({ matches }) => !matches(entry.path, entry.kind === 'directory'));
    if (holdsContent(entry)) bytes += entry.size;
  }
  if (unmatched.length === 0) return bytes;
  const shown = unmatched.slice(0, mostShown).map(({ path }) => `"${path}"`);
  const more = unmatched.length > mostShown ? ` and ${unmatched.length - mostShown} more` : '';
  throw new ExpectedError(
    failureTypes.invalidInput,
    `paths: ${shown.join(', ')}${more} matches nothing in the run; give paths relative to the directory that was backed up`,
  );
}

const mostShown = 20;
